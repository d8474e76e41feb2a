import type { OptionValues } from '@skep/core';
import type { CheckContext } from './check-context.js';
import type { PluginInstance, SinkInstance } from './config.js';
import { textOf, useSpan } from './entry.js';
import type { Flow } from './flow.js';
import { type SinkFrame, sinkFrame } from './frame.js';
import { checkFrom, type Sources } from './from.js';
import { checkOptions } from './options.js';
import type { TextInFile } from './scalar-place.js';
import { type Entry, nodeAt } from './tree.js';
import { checkWhereBySchemas, placeWhereError } from './where.js';

const FRAME_KEYS = Object.keys(sinkFrame.shape);

/**
 * Load one sink of the file and check its options, its `from` and its `where`; undefined when the sink cannot be used
 * at all. `plugins` are the ones that could be loaded.
 */
export async function checkSink(
  entry: Entry,
  sources: Sources,
  plugins: readonly PluginInstance[],
  flow: Flow,
  context: CheckContext,
): Promise<SinkInstance | undefined> {
  const { problems, source } = context;
  const path = ['sinks', entry.key];
  const { frame } = context;
  const given = (frame.value.sinks as Record<string, SinkFrame>)[entry.key]!;
  const getsEverything = given?.from === undefined;
  const before = problems.count;
  const from = frame.isBroken([...path, 'from']) ? [] : checkFrom(entry, sources, context);
  // Of rows that come from who knows where nothing can be said.
  const isFromKnown = problems.count === before && !frame.isBroken([...path, 'from']);
  const where = frame.isBroken([...path, 'where']) ? undefined : textOf(nodeAt(entry.node, ['where']), source);
  if (where) await checkExpression(where, isFromKnown ? from : undefined, plugins, flow, context);
  if (frame.isBroken([...path, 'use']) || frame.isBroken([...path, 'integrity'])) return undefined;
  try {
    const sink = await context.catalog.sink(given.use ?? entry.key, given.integrity);
    const map = entry.node.kind === 'map' ? entry.node : undefined;
    const scope = { ...context, owner: `sink ${sink.name}`, allowsSecrets: true };
    const beforeOptions = problems.count;
    const { values, secrets } = checkOptions(map, sink.definition.options ?? {}, scope, FRAME_KEYS);
    const location = source.at(entry.keyStart, entry.keyEnd);
    if (problems.count === beforeOptions) {
      const { folder } = context;
      sink.definition.check?.(values as OptionValues, {
        name: entry.key,
        folder,
        ...flow.known(isFromKnown ? from : []),
      });
    }
    return { name: entry.key, sink, options: values as OptionValues, secrets, from, getsEverything, where, location };
  } catch (error) {
    problems.addError(error, source.at(...useSpan(entry)));
    return undefined;
  }
}

async function checkExpression(
  where: TextInFile,
  from: readonly string[] | undefined,
  plugins: readonly PluginInstance[],
  flow: Flow,
  context: CheckContext,
): Promise<void> {
  const direct = plugins.filter(({ name }) => from?.includes(name));
  try {
    if (from === undefined) checkWhereBySchemas(where.text, undefined);
    else if (direct.length === from.length) {
      if (direct.length > 0) await context.checkWhere(where.text, direct);
    } else checkWhereBySchemas(where.text, flow.of(from));
  } catch (error) {
    context.problems.addError(placeWhereError(where, error), where.location);
  }
}
