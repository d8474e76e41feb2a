import { existsSync } from 'node:fs';
import { endsTool, type OptionDefinitions, type OptionValues } from '@skep/core';
import { GUARDED_HELPERS, guardedHelpers, readPluginObject, refuseGuarded } from '@skep/libbpf';
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
  const isBroken = (key: string) => context.frame.isBroken([...path, key]);
  if (isBroken('use') || isBroken('integrity')) return undefined;
  const plugin = await loadFrom(entry, frame, context);
  if (!plugin) return undefined;
  const allow = isBroken('allow') ? GUARDED_HELPERS : (frame.allow ?? []);
  checkHelpers(entry, plugin, allow, context);
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
  for (const given of map?.entries.values() ?? []) refuseEnd(given, definitions, owner, context);
  const { interval } = plugin.definition;
  return {
    name,
    plugin,
    options: values as OptionValues,
    everyMs:
      frame.every ?? ownEvery(definitions, values) ?? (interval === undefined ? DEFAULT_EVERY_MS : interval * 1000),
    program: await checkProgram(entry, plugin, context),
    attach: checkAttach(entry, plugin.name === PROGRAM_PLUGIN, context),
    allow,
    location: source.at(entry.keyStart, entry.keyEnd),
  };
}

function refuseEnd(
  { key, keyStart, keyEnd }: Entry,
  definitions: OptionDefinitions,
  owner: string,
  { problems, source }: CheckContext,
): void {
  if (!Object.hasOwn(definitions, key) || !endsTool(definitions[key]!)) return;
  const message = `option "${key}" of ${owner} ends a tool at the prompt, and an agent goes on`;
  problems.add('SKEP_OPTION', source.at(keyStart, keyEnd), message, 'remove it, or end the agent: skep run --duration');
}

/** The tool's own option for the interval. */
function ownEvery(definitions: OptionDefinitions, values: Readonly<Record<string, unknown>>): number | undefined {
  const name = Object.keys(definitions).find((one) => definitions[one]!.kind === 'every');
  return name === undefined ? undefined : (values[name] as number | undefined);
}

async function loadFrom(
  entry: Entry,
  { use = entry.key, integrity }: PluginFrame,
  context: CheckContext,
): Promise<LoadedPlugin | undefined> {
  try {
    return await context.catalog.plugin(use, integrity);
  } catch (error) {
    context.problems.addError(error, context.source.at(...useSpan(entry)));
    return undefined;
  }
}

/** Said here with its place; it is refused again when the object is opened. */
function checkHelpers(entry: Entry, plugin: LoadedPlugin, allow: readonly string[], context: CheckContext): void {
  // A program in the file is known once it is compiled; an object that is missing is told of when it is needed.
  const object = plugin.definition.object?.url;
  if (plugin.name === PROGRAM_PLUGIN || !object || !existsSync(object)) return;
  try {
    refuseGuarded(`plugin ${plugin.name}`, guardedHelpers(readPluginObject(plugin.definition).bytes), allow);
  } catch (error) {
    context.problems.addError(error, context.source.at(...useSpan(entry)));
  }
}
