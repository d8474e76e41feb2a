import type { Batch } from './batch.js';
import type { Capability } from './capability.js';
import type { Log } from './log.js';
import type { OptionDefinitions, OptionValues } from './option.js';
import type { Schema } from './schema.js';

/**
 * A step between probe and sink, for the batches of one stream: it takes rows out, changes or adds columns, or gathers
 * rows and gives something else in their place.
 */
export interface Processor {
  /** The schema of what comes out; that of what goes in when no column changes. */
  readonly schema: Schema;
  /**
   * The rows that go on: the batch it got, or one of its own memory, which must stay as it is until the next call. It
   * may have no rows. Never waits.
   */
  process(batch: Batch): Batch;
  /** What has become due without a new batch, such as the end of a window. Asked about every 100 ms. */
  due?(): Batch | undefined;
  /** The rest of what it holds; nothing comes after it. */
  finish?(): Batch | undefined;
  /** Events it has taken in and not yet given out in any form. */
  held?(): number;
}

/** What a processor learns of its surroundings. */
export interface ProcessorContext {
  /** Name of the processor in the YAML. */
  readonly name: string;
  /** Folder that relative paths start from: that of the configuration file. */
  readonly folder: string;
  readonly log: Log;
}

export interface ProcessorDefinition<O extends OptionDefinitions = OptionDefinitions> {
  readonly options?: O;
  /** Capabilities it uses at work, such as CAP_SYS_PTRACE to look into other users' processes; the others are dropped. */
  readonly needs?: readonly Capability[];
  /** Names of columns that the options speak of: each must be one of some stream that comes in. */
  fields?(options: OptionValues<O>): readonly string[];
  /**
   * Look at options that are each right by themselves, without touching anything: `skep check` calls it.
   *
   * @throws SkepError SKEP_OPTION for options that are missing or do not go together.
   */
  check?(options: OptionValues<O>): void;
  /**
   * The processor for one stream; undefined when the stream has nothing it works on: its batches pass unchanged.
   *
   * @throws SkepError SKEP_OPTION when the options make no sense for this stream.
   */
  create(input: Schema, options: OptionValues<O>, context: ProcessorContext): Processor | undefined;
}

/** A processor package's default export. */
export interface ProcessorPlugin<O extends OptionDefinitions = OptionDefinitions> extends ProcessorDefinition<O> {
  readonly [key: symbol]: number;
}

export const PROCESSOR_TAG = Symbol.for('skep.processor');
export const PROCESSOR_API = 1;

/** Declare a processor; the value is the default export of its package. */
export function defineProcessor<const O extends OptionDefinitions>(
  definition: ProcessorDefinition<O>,
): ProcessorPlugin<O> {
  return { [PROCESSOR_TAG]: PROCESSOR_API, ...definition };
}
