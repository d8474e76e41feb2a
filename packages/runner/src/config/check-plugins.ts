import type { OptionValues } from '@skep/core';
import { refuseHelpers } from '../discovery/dangerous-helpers.js';
import type { LoadedPlugin } from '../discovery/load-package.js';
import { checkAttach } from './check-attach.js';
import type { CheckContext } from './check-context.js';
import { shown } from './check-frame.js';
import { checkProgram, PROGRAM_PLUGIN } from './check-program.js';
import type { PluginInstance } from './config.js';
import { useSpan } from './entry.js';
import type { PluginFrame } from './frame.js';
import { checkOptions } from './options.js';
import { type Entry, spanOf } from './tree.js';

const DEFAULT_EVERY_MS = 5000;

/** Load one plugin of the file and check its options; undefined when the plugin cannot be used at all. */
export async function checkPlugin(entry: Entry, context: CheckContext): Promise<PluginInstance | undefined> {
  const { problems, source } = context;
  const name = entry.key;
  const path = ['plugins', name];
  const frame = (context.frame.value.plugins as Record<string, PluginFrame>)[name]!;
  if (['use', 'integrity', 'allow'].some((key) => context.frame.isBroken([...path, key]))) return undefined;
  const plugin = await loadFrom(entry, frame, context);
  if (!plugin) return undefined;
  const owner = `plugin ${plugin.name}`;
  const optionsEntry = entry.node.kind === 'map' ? entry.node.entries.get('options') : undefined;
  const node = optionsEntry?.node;
  const map = node?.kind === 'map' ? node : undefined;
  if (optionsEntry && !map && !(node?.kind === 'scalar' && node.value === null)) {
    problems.add(
      'SKEP_CONFIG',
      source.at(...spanOf(optionsEntry)),
      `"options" of ${owner}: expected a mapping, got ${shown(node)}`,
    );
  }
  const definitions = plugin.definition.options ?? {};
  const { values } = checkOptions(map, definitions, { ...context, owner, allowsSecrets: false });
  const { interval } = plugin.definition;
  return {
    name,
    plugin,
    options: values as OptionValues,
    allow: frame.allow ?? [],
    everyMs: frame.every ?? (interval === undefined ? DEFAULT_EVERY_MS : interval * 1000),
    program: await checkProgram(entry, plugin, context),
    attach: checkAttach(entry, plugin.name === PROGRAM_PLUGIN, context),
    location: source.at(entry.keyStart, entry.keyEnd),
  };
}

async function loadFrom(
  entry: Entry,
  { use = entry.key, integrity, allow = [] }: PluginFrame,
  context: CheckContext,
): Promise<LoadedPlugin | undefined> {
  try {
    const plugin = await context.catalog.plugin(use, integrity);
    if (plugin.definition.object) refuseHelpers(plugin, allow);
    return plugin;
  } catch (error) {
    context.problems.addError(error, context.source.at(...useSpan(entry)));
    return undefined;
  }
}
