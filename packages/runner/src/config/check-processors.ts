import { isSkepError, type OptionValues, type Schema, suggest } from '@skep/core';
import type { CheckContext } from './check-context.js';
import type { ProcessorInstance } from './config.js';
import { textOf, useSpan } from './entry.js';
import type { Flow } from './flow.js';
import { type ProcessorFrame, processorFrame } from './frame.js';
import { checkFrom, type Sources } from './from.js';
import { checkOptions } from './options.js';
import type { SourceText } from './source.js';
import { type Entry, nodeAt } from './tree.js';
import { placeWhereError } from './where.js';

const FRAME_KEYS = Object.keys(processorFrame.shape);

/** Load one processor of the file and check it; undefined when it cannot be used at all. */
export async function checkProcessor(
  entry: Entry,
  sources: Sources,
  flow: Flow,
  context: CheckContext,
): Promise<ProcessorInstance | undefined> {
  const { problems, source, frame } = context;
  const path = ['processors', entry.key];
  const given = (frame.value.processors as Record<string, ProcessorFrame>)[entry.key]!;
  const from = frame.isBroken([...path, 'from']) ? [] : checkFrom(entry, sources, context);
  if (frame.isBroken([...path, 'use']) || frame.isBroken([...path, 'integrity'])) return undefined;
  try {
    const processor = await context.catalog.processor(given.use ?? entry.key, given.integrity);
    const { definition } = processor;
    const map = entry.node.kind === 'map' ? entry.node : undefined;
    const scope = { ...context, owner: `processor ${processor.name}`, allowsSecrets: false };
    const before = problems.count;
    const options = checkOptions(map, definition.options ?? {}, scope, FRAME_KEYS).values as OptionValues;
    const location = source.at(entry.keyStart, entry.keyEnd);
    const instance = { name: entry.key, processor, options, from, location };
    if (problems.count === before) {
      definition.check?.(options);
      const inputs = flow.of(from);
      if (!inputs || checkFields(instance, inputs, context)) flow.addProcessor(instance);
    }
    return instance;
  } catch (error) {
    problems.addError(placed(error, entry, source), source.at(...useSpan(entry)));
    return undefined;
  }
}

/** An error about an expression points into the `where` of the processor. */
function placed(error: unknown, entry: Entry, source: SourceText): unknown {
  const where = isSkepError(error) && error.code === 'SKEP_FILTER' && textOf(nodeAt(entry.node, ['where']), source);
  return where ? placeWhereError(where, error) : error;
}

/** Every column that the options speak of must be there in some stream. */
function checkFields(
  { name, processor, options, location }: ProcessorInstance,
  inputs: readonly Schema[],
  { problems }: CheckContext,
): boolean {
  const known = [...new Set(inputs.flatMap(({ fields }) => fields.map((field) => field.name)))];
  const unknown = (processor.definition.fields?.(options) ?? []).filter((field) => !known.includes(field));
  for (const field of unknown) {
    problems.add(
      'SKEP_OPTION',
      location,
      `no stream that "${name}" gets has a column "${field}"`,
      suggest(field, known),
    );
  }
  return unknown.length === 0;
}
