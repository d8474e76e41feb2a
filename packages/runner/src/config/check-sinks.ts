import { type OptionValues, suggest } from '@skep/core';
import type { CheckContext } from './check-context.js';
import type { PluginInstance, SinkInstance } from './config.js';
import { textOf, useSpan } from './entry.js';
import { type SinkFrame, sinkFrame } from './frame.js';
import { checkOptions } from './options.js';
import type { TextInFile } from './scalar-place.js';
import { type Entry, nodeAt } from './tree.js';
import { placeWhereError } from './where.js';

const FRAME_KEYS = Object.keys(sinkFrame.shape);

/**
 * Load one sink of the file and check its options, its `from` and its `where`; undefined when the sink cannot be used
 * at all. `names` are those of all plugins of the file, `plugins` the ones that could be loaded.
 */
export async function checkSink(
  entry: Entry,
  names: readonly string[],
  plugins: readonly PluginInstance[],
  context: CheckContext,
): Promise<SinkInstance | undefined> {
  const { problems, source } = context;
  const path = ['sinks', entry.key];
  const { frame } = context;
  const given = (frame.value.sinks as Record<string, SinkFrame>)[entry.key]!;
  const getsEverything = given?.from === undefined;
  const from = frame.isBroken([...path, 'from']) ? [] : checkFrom(entry, names, context);
  const where = frame.isBroken([...path, 'where']) ? undefined : textOf(nodeAt(entry.node, ['where']), source);
  const sources = plugins.filter(({ name }) => getsEverything || from.includes(name));
  if (where && sources.length > 0) await checkExpression(where, sources, context);
  if (frame.isBroken([...path, 'use'])) return undefined;
  try {
    const sink = await context.catalog.sink(given.use ?? entry.key);
    const map = entry.node.kind === 'map' ? entry.node : undefined;
    const scope = { ...context, owner: `sink ${sink.name}`, allowsSecrets: true };
    const before = problems.count;
    const { values, secrets } = checkOptions(map, sink.definition.options ?? {}, scope, FRAME_KEYS);
    const location = source.at(entry.keyStart, entry.keyEnd);
    if (problems.count === before) {
      sink.definition.check?.(values as OptionValues, { name: entry.key, folder: context.folder });
    }
    return { name: entry.key, sink, options: values as OptionValues, secrets, from, getsEverything, where, location };
  } catch (error) {
    problems.addError(error, source.at(...useSpan(entry)));
    return undefined;
  }
}

function checkFrom(entry: Entry, names: readonly string[], context: CheckContext): string[] {
  const node = nodeAt(entry.node, ['from']);
  if (!node) return [...names];
  const from: string[] = [];
  for (const item of node.kind === 'list' ? node.items : [node]) {
    if (item.kind !== 'scalar') continue;
    const name = String(item.value);
    const place = context.source.at(item.start, item.end);
    if (!names.includes(name)) {
      context.problems.add('SKEP_CONFIG', place, `no plugin is named "${name}" in this file`, suggest(name, names));
    } else if (from.includes(name)) {
      context.problems.add('SKEP_CONFIG', place, `"${name}" is named twice`, 'remove one of them');
    } else from.push(name);
  }
  return from;
}

async function checkExpression(
  where: TextInFile,
  plugins: readonly PluginInstance[],
  context: CheckContext,
): Promise<void> {
  try {
    await context.checkWhere(where.text, plugins);
  } catch (error) {
    context.problems.addError(placeWhereError(where, error), where.location);
  }
}
