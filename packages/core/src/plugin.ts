import type { Capability } from './capability.js';
import type { Condition } from './condition.js';
import type { DeclaredStream } from './declared-stream.js';
import { SkepError } from './errors.js';
import type { Log } from './log.js';
import type { OptionDefinitions, OptionValues } from './option.js';
import type { Probe } from './probe.js';
import type { ColumnType, Schema, StacksLook } from './schema.js';
import type { StreamCommon } from './stream-common.js';
import type { FrameStyle, Symbolizer } from './symbolizer.js';

/** The compiled BPF object of a plugin; `T` carries the row types its BTF gives (written by the build). */
export interface ObjectFile<T extends ObjectTypes = ObjectTypes> {
  /** The `.bpf.o` file for this machine's processor. */
  readonly url: URL;
  /** Never present at run time: it carries the types. */
  readonly types?: T;
}

/** Rows by ring and by snapshot map, as `skep build` writes them into `<tool>.bpf.ts`. */
export interface ObjectTypes {
  readonly rings: Readonly<Record<string, object>>;
  readonly snapshots: Readonly<Record<string, { readonly key: object; readonly value: object }>>;
}

/**
 * The object of a plugin: what `<tool>.bpf.ts` exports.
 *
 * @param files one object, or one for each processor, named as in `process.arch`. On any other processor it is the
 *   first: its columns are the same everywhere, and only they can be asked for there.
 */
export function objectFile<T extends ObjectTypes>(files: URL | Readonly<Record<string, URL>>): ObjectFile<T> {
  if (files instanceof URL) return { url: files };
  const url = files[process.arch] ?? Object.values(files)[0];
  if (!url) throw new SkepError('SKEP_PLUGIN', 'a plugin without any object', 'build it: skep build');
  return { url };
}

/** One row per record of a ring buffer. */
export interface EventStream<O extends OptionDefinitions = OptionDefinitions> extends StreamCommon<O> {
  readonly ring: string;
  /** Fields worth sorting by in a store; at most two. */
  readonly keys?: readonly string[];
  /** Fields that the rows have only under a condition: with an option off their value would mean nothing. */
  readonly fields?: Readonly<Record<string, Condition<O>>>;
  /** `separator: ','` when this holds: the tool's own CSV. */
  readonly delimited?: Condition<O>;
}

/** A field computed from the others of its row when a snapshot is read. */
export interface ComputedField {
  readonly type: Exclude<ColumnType, 'bytes'>;
  readonly meaning?: string;
  readonly doc: string;
  readonly from: (row: Readonly<Record<string, bigint | number>>) => bigint | number;
}

/** One row per entry of a map, each interval; the map starts empty again, and nothing counted meanwhile is lost. */
export interface TableStream<O extends OptionDefinitions = OptionDefinitions> extends StreamCommon<O> {
  readonly snapshot: string;
  readonly histogram?: undefined;
  readonly stacks?: undefined;
  readonly computed?: Readonly<Record<string, ComputedField>>;
  /** Key fields that the rows have only under a condition: with an option off their value would mean nothing. */
  readonly keyFields?: Readonly<Record<string, Condition<O>>>;
  /** Largest first by this field (a name, or a function of the options); without it in order of the key. */
  readonly sort?: string | ((options: OptionValues<O>) => string);
  readonly ascending?: boolean;
  /** Keep this many rows. */
  readonly limit?: (options: OptionValues<O>) => number | undefined;
  /** In place of a table a line per row: this text, with `{name}` for the value of a field. */
  readonly line?: (options: OptionValues<O>) => string;
  readonly timestamp?: Condition<O>;
  readonly clear?: Condition<O>;
  readonly loadavg?: boolean;
}

/** One row per bucket that is not empty, for each key of a map whose values hold a `skep_hist_t`. */
export interface HistogramStream<O extends OptionDefinitions = OptionDefinitions> extends StreamCommon<O> {
  readonly snapshot: string;
  readonly stacks?: undefined;
  readonly histogram: {
    readonly low: string;
    readonly high: string;
    readonly count: string;
    /** usecs, msecs, nsecs ... */
    readonly unit: string | ((options: OptionValues<O>) => string);
    /** Key fields that get a `label = value` line, and when; when not, the rows do not have the field either. */
    readonly sections?: readonly { readonly field: string; readonly label?: string; readonly when?: Condition<O> }[];
  };
  readonly timestamp?: Condition<O>;
}

/** One row per key and distinct stack of a map, each interval; rows whose stacks have equal names are one. */
export interface StackStream<O extends OptionDefinitions = OptionDefinitions> extends StreamCommon<O> {
  readonly snapshot: string;
  readonly histogram?: undefined;
  readonly stacks: {
    /** Key fields that hold the halves of the stack; the rows have one field `frames` in their place. */
    readonly kernel?: string;
    readonly user?: string;
    /** Value field: how much a stack weighs. */
    readonly count: string;
    /** What is counted: samples, us. */
    readonly unit: string;
    /** Key fields that tell tasks apart: the name begins a folded line, both stand below a stack of a table. */
    readonly name: string;
    readonly id: string;
    /** Whether they do stand there, where rows have them. Default: always. */
    readonly task?: Condition<O>;
    /** How a table draws a stack. Default: wide. */
    readonly look?: StacksLook;
    /** How a table writes frames; everything else has names. Default: names. */
    readonly text?: (options: OptionValues<O>) => FrameStyle;
    /** A line per stack in place of a table: the tool's own -f. */
    readonly folded?: Condition<O>;
    /** A frame `-` between the user's half and the kernel's. */
    readonly delimited?: Condition<O>;
    /** Frames of the kernel end in `_[k]`. */
    readonly annotated?: Condition<O>;
  };
  /** Key fields that the rows have only under a condition; without them rows of different tasks are one. */
  readonly keyFields?: Readonly<Record<string, Condition<O>>>;
  readonly timestamp?: Condition<O>;
}

export type StreamDefinition<O extends OptionDefinitions = OptionDefinitions> =
  | EventStream<O>
  | TableStream<O>
  | HistogramStream<O>
  | DeclaredStream<O>
  | StackStream<O>;

/**
 * Programs that are loaded and attached together. A name ending in `?` may fail to attach (an optional symbol).
 * The first set of the list whose condition holds and which this kernel takes is used.
 */
export interface AttachSet<O extends OptionDefinitions = OptionDefinitions> {
  readonly programs: readonly string[];
  readonly when?: Condition<O>;
  /** What this set misses compared with the first, for explain and the docs. */
  readonly note?: string;
}

/** What a self-test is given. */
export interface SelfTestContext {
  /** An empty folder of its own, removed afterwards. */
  readonly folder: string;
  /** Call from `workload` when the machine lacks something; the test is skipped and says why. */
  skip(reason: string): never;
  /** A disk of this many bytes, all zero, gone after the test; without loop devices the test is skipped. */
  scratchDisk(bytes: number): { readonly name: string; readonly path: string };
  /** Aborted when the test takes too long. */
  readonly signal: AbortSignal;
  /** Wait, with everything attached. */
  sleep(ms: number): Promise<void>;
  /**
   * Wait until the rows of `stream` that were drained so far are as wanted: for what must go on until it has been seen.
   * Rejects when the test takes too long.
   */
  seen(stream: string, areWanted: (rows: readonly SelfTestRow[]) => boolean): Promise<void>;
}

/** A row of a self-test, as `open()` yields it. */
// biome-ignore lint/suspicious/noExplicitAny: a row's fields are known to the test that reads them
export type SelfTestRow = any;

export interface SelfTest<O extends OptionDefinitions = OptionDefinitions> {
  /** Default: the plugin's name. */
  readonly name?: string;
  readonly options?: Partial<OptionValues<O>>;
  workload(context: SelfTestContext): unknown;
  /** Rows by stream, as `open()` yields them; true, or a sentence that says what is missing. */
  expect(rows: Readonly<Record<string, readonly SelfTestRow[]>>, context: SelfTestContext): boolean | string;
}

export interface ArgumentDefinition<O extends OptionDefinitions = OptionDefinitions> {
  readonly option: keyof O & string;
  readonly required?: boolean;
}

/** What a probe is woken by: it ends a wait when one of the descriptors becomes readable. */
export interface ProbePoller {
  add(fd: number): void;
  remove(fd: number): void;
  wake(): void;
}

/** What a plugin that makes its own probe is told. */
export interface ProbeRequest<O extends OptionDefinitions = OptionDefinitions> {
  /** Short name of the plugin, and the name of its instance. */
  readonly owner: { readonly plugin: string; readonly source: string };
  readonly options: OptionValues<O>;
  /** Of the declared streams with these options: what the probe must give as its own. */
  readonly schemas: readonly Schema[];
  /** Milliseconds between snapshots; undefined: one at the end. */
  readonly everyMs: number | undefined;
  readonly log: Log;
  readonly poller: ProbePoller;
  /** Names the frames of stacks. */
  readonly symbolizer: Symbolizer;
  /** Rows go to a text table and nowhere else: frames may have places in their functions. */
  readonly isForTable: boolean;
}

/** How a perf event samples: `hertz` times a second, or once in `period` events; on all CPUs, or on one. */
export interface Sampling {
  readonly hertz?: number | undefined;
  readonly period?: number | undefined;
  readonly cpu?: number | undefined;
}

export interface PluginDefinition<
  T extends ObjectTypes = ObjectTypes,
  O extends OptionDefinitions = OptionDefinitions,
  S extends Readonly<Record<string, StreamDefinition<O>>> = Readonly<Record<string, StreamDefinition<O>>>,
> {
  /** Absent from a plugin that makes its own probe and has no object. */
  readonly object?: ObjectFile<T>;
  /** Empty when the plugin makes its own probe. */
  readonly attach: readonly (readonly string[] | AttachSet<O>)[];
  readonly streams: S;
  readonly options?: O;
  /** Options that stand on the command line without a flag, in this order; one of kind `texts` is the last and takes the rest. */
  readonly arguments?: readonly ArgumentDefinition<O>[];
  /** For tools whose program depends on the options: what makes the rows. Its streams are declared ones. */
  readonly probe?: (request: ProbeRequest<O>) => Probe | Promise<Probe>;
  /** With `probe`: the text of the program for these options, for `--ebpf`. */
  readonly source?: (options: OptionValues<O>) => string | Promise<string>;
  /** Seconds between outputs when none is given: on the command line and in YAML. Default: at the end; YAML 5 s. */
  readonly interval?: number;
  /** How often programs on a perf event run; default: as their sections say. */
  readonly sampling?: (options: OptionValues<O>) => Sampling;
  /** Capabilities it uses at work, such as CAP_SYS_PTRACE to look into other users' processes; the others are dropped. */
  readonly needs?: readonly Capability[];
  readonly selftest: SelfTest<O> | readonly SelfTest<O>[];
}

export const PLUGIN_TAG = Symbol.for('skep.plugin');
/** Version of these interfaces; a plugin built for another is refused by name. */
export const PLUGIN_API = 1;

/** A plugin package's default export: its definition, and the version of the interfaces it was built for. */
export type Plugin<
  T extends ObjectTypes = ObjectTypes,
  O extends OptionDefinitions = OptionDefinitions,
  S extends Readonly<Record<string, StreamDefinition<O>>> = Readonly<Record<string, StreamDefinition<O>>>,
> = PluginDefinition<T, O, S> & { readonly [PLUGIN_TAG]: number };

/** A plugin whatever its rows and options: what functions over plugins take. Its conditions take its own options only. */
// biome-ignore lint/suspicious/noExplicitAny: parameters of its functions make every narrower type wrong
export type AnyPlugin = Plugin<any, any, any>;

/**
 * Declare a plugin; the value is the default export of its package. The types of its options come from `options` alone:
 * what other members say of them would widen the type to any options.
 */
export function definePlugin<
  T extends ObjectTypes,
  const O extends OptionDefinitions,
  const S extends Readonly<Record<string, StreamDefinition<NoInfer<O>>>>,
>(definition: Omit<PluginDefinition<T, NoInfer<O>, S>, 'options'> & { readonly options?: O }): Plugin<T, O, S> {
  return { [PLUGIN_TAG]: PLUGIN_API, ...definition } as unknown as Plugin<T, O, S>;
}

/** Declare a plugin that makes its own probe, because what it runs in the kernel depends on its options. */
export function defineTracer<
  const O extends OptionDefinitions,
  const S extends Readonly<Record<string, DeclaredStream<NoInfer<O>>>>,
>(
  definition: Omit<PluginDefinition<ObjectTypes, NoInfer<O>, S>, 'options' | 'attach' | 'probe'> & {
    readonly options?: O;
    readonly probe: (request: ProbeRequest<NoInfer<O>>) => Probe | Promise<Probe>;
  },
): Plugin<ObjectTypes, O, S> {
  return { [PLUGIN_TAG]: PLUGIN_API, attach: [], ...definition } as unknown as Plugin<ObjectTypes, O, S>;
}

/** Whether an option stands on the command line without a flag. */
export function isArgument({ arguments: list }: Pick<PluginDefinition, 'arguments'>, option: string): boolean {
  return list?.some((argument) => argument.option === option) ?? false;
}

type RowOfStream<T extends ObjectTypes, D> = D extends { readonly ring: infer R extends string }
  ? T['rings'][R]
  : D extends { readonly snapshot: infer M extends string; readonly histogram: infer H }
    ? H extends {
        readonly low: infer L extends string;
        readonly high: infer U extends string;
        readonly count: infer C extends string;
      }
      ? { time: bigint } & T['snapshots'][M]['key'] & { [K in L | U | C]: bigint }
      : { time: bigint } & T['snapshots'][M]['key'] & T['snapshots'][M]['value'] & ComputedOf<D>
    : D extends { readonly snapshot: infer M extends string; readonly stacks: object }
      ? { time: bigint; frames: readonly string[] } & T['snapshots'][M]['key'] & T['snapshots'][M]['value']
      : D extends { readonly snapshot: infer M extends string }
        ? { time: bigint } & T['snapshots'][M]['key'] & T['snapshots'][M]['value'] & ComputedOf<D>
        : never;

type ComputedOf<D> = D extends { readonly computed: infer C } ? { [K in keyof C]: bigint | number } : unknown;

/** The rows a plugin yields: the union over its streams. */
export type RowOf<P> = P extends { readonly object?: ObjectFile<infer T>; readonly streams: infer S }
  ? { [K in keyof S]: RowOfStream<T, S[K]> }[keyof S]
  : never;

/** The options a plugin takes, all optional. */
export type OptionsOf<P> = P extends { readonly options?: infer O }
  ? O extends OptionDefinitions
    ? Partial<OptionValues<O>>
    : Record<string, never>
  : never;
