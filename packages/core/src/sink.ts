import type { Batch } from './batch.js';
import type { Capability } from './capability.js';
import type { LedgerEntry } from './ledger.js';
import type { Log } from './log.js';
import type { OptionDefinitions, OptionValues } from './option.js';
import type { Schema } from './schema.js';
import type { EventStore, LibraryQuery } from './store.js';

/**
 * Where batches end: a terminal, a file, a database.
 *
 * `write` settles when the batch's memory is no longer needed: that is the backpressure. A write that rejects loses
 * that batch for this sink alone; the agent counts its rows, says so, and goes on.
 */
export interface Sink {
  /** It also wants the rows that options of a plugin filter out in user space. Default: false. */
  readonly unfiltered?: boolean;
  /** Called with every schema that may arrive, and again with the whole new list when a reload changes it. */
  open(schemas: readonly Schema[]): Promise<void>;
  /** Everything is attached: what is wanted before the first row may be written, such as a header. */
  start?(): Promise<void>;
  write(batch: Batch): Promise<void>;
  /** Bring everything written so far to its place (disk, server, terminal). */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** What a sink learns of its surroundings. */
export interface SinkContext {
  /** Name of the sink in the YAML. */
  readonly name: string;
  /** Folder that relative paths start from: that of the configuration file, or the working directory. */
  readonly folder: string;
  readonly log: Log;
  readonly agent: AgentFacts;
  /** What has happened to every event so far, for all sinks; brought up to date by the call. */
  account(): readonly LedgerEntry[];
  /**
   * Aborted when the agent is asked to stop: a write that waits for room, of a disk or a server, must not wait any
   * longer, or the agent never ends.
   */
  readonly stopping: AbortSignal;
}

/** Who runs the sink. */
export interface AgentFacts {
  /** `agent.name` of the configuration; default the host name. */
  readonly name: string;
  /** Version of skep. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  /** Hash of the configuration that is in force now, without its secrets: equal ones have equal hashes. */
  configDigest(): string;
}

/** What is known of a sink while its configuration is checked: nothing has been opened. */
export interface SinkCheckContext extends Pick<SinkContext, 'name' | 'folder'> {
  /** The streams whose rows it gets, as far as they are known. */
  readonly schemas: readonly Schema[];
  /** False when there may be others: those of programs that are compiled when they are started. */
  readonly areAllKnown: boolean;
}

export interface SinkDefinition<O extends OptionDefinitions = OptionDefinitions> {
  readonly options?: O;
  /** Capabilities it uses at work, such as CAP_SYS_PTRACE to look into other users' processes; the others are dropped. */
  readonly needs?: readonly Capability[];
  /**
   * Look at options that are each right by themselves, without touching anything: `skep check` calls it.
   *
   * @throws SkepError SKEP_OPTION for options that do not go together, or not with the streams.
   */
  check?(options: OptionValues<O>, context: SinkCheckContext): void;
  /**
   * Absolute paths of the files and folders that it writes as the only one, with these streams: two sinks of a
   * configuration with one of them are refused.
   *
   * @throws SkepError SKEP_OPTION as `check`.
   */
  owns?(options: OptionValues<O>, context: SinkCheckContext): readonly string[];
  create(options: OptionValues<O>, context: SinkContext): Sink;
  /**
   * The statements that make the tables of these streams, as one script: `skep schema --sql` prints it.
   *
   * @param version of the server that is to run it; undefined: the newest
   * @throws SkepError SKEP_OPTION for options that cannot be part of a statement.
   */
  schemaSql?(schemas: readonly Schema[], options: OptionValues<O>, version: string | undefined): string;
  /** The rows can be asked for: `skep query`. */
  readonly queries?: SinkQueries<O>;
}

/** How the rows of a sink that stores them can be asked for: `skep query`. */
export interface SinkQueries<O extends OptionDefinitions = OptionDefinitions> {
  /** Questions that come with the sink, in the order they are listed. Touches no store. */
  library(): readonly LibraryQuery[];
  /**
   * Open the store that a sink with these options writes to, whether or not an agent runs.
   *
   * @throws SkepError SKEP_STORE when it cannot be reached, SKEP_LIBRARY when its engine is not installed,
   *   SKEP_PERMISSION when it is another user's, SKEP_OPTION for options that do not go together.
   */
  open(options: OptionValues<O>, context: Pick<SinkContext, 'name' | 'folder' | 'log'>): Promise<EventStore>;
}

/** A sink package's default export. */
export interface SinkPlugin<O extends OptionDefinitions = OptionDefinitions> extends SinkDefinition<O> {
  readonly [key: symbol]: number;
}

export const SINK_TAG = Symbol.for('skep.sink');
export const SINK_API = 1;

/** Declare a sink; the value is the default export of its package. */
export function defineSink<const O extends OptionDefinitions>(definition: SinkDefinition<O>): SinkPlugin<O> {
  return { [SINK_TAG]: SINK_API, ...definition };
}
