import { SkepError, suggest } from './errors.js';

/** What an option's value may be once parsed. */
export type OptionValue =
  | boolean
  | number
  | string
  | readonly string[]
  | readonly number[]
  | { readonly [name: string]: OptionValue }
  | undefined;

interface Common<T> {
  readonly help: string;
  /** BCC's own spelling: `-x, --failed`, `-p PID, --pid PID`; absent: YAML only, and `--name` on the command line. */
  readonly flags?: string;
  readonly default?: T;
  /** Shown as the default in help and docs where none is a value: `all`, `off`. */
  readonly defaultText?: string;
  /** Names of options that cannot be given together with this one. */
  readonly conflicts?: readonly string[];
  /** Give the rows to keep as a filter expression over the columns; for what the kernel side does not filter. */
  readonly where?: (value: T) => string;
  /** The value for the C variable `opt_<name>`, when it differs: a user name to its uid, a disk name to its number. */
  readonly resolve?: (value: T) => bigint | number | string | readonly (number | bigint)[];
}

export interface BooleanOption extends Common<boolean> {
  readonly kind: 'boolean';
}
export interface IntegerOption extends Common<number> {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
}
export interface StringOption extends Common<string> {
  readonly kind: 'string';
  /** Most bytes, when the C side is a fixed array. */
  readonly maxBytes?: number;
}
export interface ChoiceOption extends Common<string> {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}
/** A list: repeated on the command line or separated by commas; a YAML sequence. */
export interface ListOption extends Common<readonly string[]> {
  readonly kind: 'list';
  readonly choices?: readonly string[];
}
/** Texts that may hold commas: one for each time the flag is given; a YAML sequence, or one text. */
export interface TextsOption extends Common<readonly string[]> {
  readonly kind: 'texts';
}
export interface IntegerListOption extends Common<readonly number[]> {
  readonly kind: 'integers';
  readonly min: number;
  readonly max: number;
}
/** A regular expression; `where` decides what it is matched against. */
export interface RegexOption extends Common<string> {
  readonly kind: 'regex';
}
/** A time such as `5s` or `100ms`; a bare number is seconds. The value is milliseconds. */
export interface DurationOption extends Common<number> {
  readonly kind: 'duration';
}
/** A size such as `100MB`; a bare number is bytes. The value is bytes. */
export interface SizeOption extends Common<number> {
  readonly kind: 'size';
}
/** Uid, or name of a user of this machine. The value is the uid. */
export interface UserOption extends Common<number> {
  readonly kind: 'user';
}
/** Path of a pinned BPF hash map that takes the place of the program's map `map` (BCC's --cgroupmap, --mntnsmap). */
export interface PinnedMapOption extends Common<string> {
  readonly kind: 'pinned-map';
  readonly map: string;
}
/** A cgroup v2 directory; tasks below it pass `skep_cgroup_allowed()`. */
export interface CgroupOption extends Common<string> {
  readonly kind: 'cgroup';
}
/** Name of a disk below /dev; block requests of other disks do not pass `skep_disk_allowed()`. */
export interface DiskOption extends Common<string> {
  readonly kind: 'disk';
}
/** Size of the ring `ring` in pages, a power of two. */
export interface RingPagesOption extends Common<number> {
  readonly kind: 'ring-pages';
  readonly ring: string;
}
/** Most entries of the map `map`, or of the two sides of the snapshot of that name. */
export interface MapEntriesOption extends Common<number> {
  readonly kind: 'map-entries';
  readonly map: string;
}
/** Stop after this time: a tool's own spelling of `--duration`. */
export interface StopAfterOption extends Common<number> {
  readonly kind: 'stop-after';
}
/** Time between outputs: a tool's own spelling of the interval. */
export interface EveryOption extends Common<number> {
  readonly kind: 'every';
}
/** Stop after so many outputs: a tool's own spelling of the count. */
export interface OutputsOption extends Common<number> {
  readonly kind: 'outputs';
}
/** How often a flag is given: `-v`, `-vv`. */
export interface LevelOption extends Common<number> {
  readonly kind: 'level';
  readonly max: number;
}
/** The rest of the command line is a command to run and trace (opensnoop's --exec). */
export interface CommandOption extends Common<readonly string[]> {
  readonly kind: 'command';
}
/** A file to attach user probes to in place of the one found (`uprobe/<name>:function`). */
export interface BinaryOption extends Common<string> {
  readonly kind: 'binary';
  /** The value when the flag stands without one. */
  readonly bare?: string;
  /** Name of the option with a process, whose program it is when none is given. */
  readonly ofProcess?: string;
}
/** Options under one key: `rotate: { size: 100MB, keep: 10 }`. YAML only; undefined when the key is not there. */
export interface GroupOption<O extends OptionDefinitions = OptionDefinitions> extends Common<never> {
  readonly kind: 'group';
  readonly options: O;
}

export type OptionDefinition =
  | BooleanOption
  | IntegerOption
  | StringOption
  | ChoiceOption
  | ListOption
  | TextsOption
  | IntegerListOption
  | RegexOption
  | DurationOption
  | SizeOption
  | UserOption
  | PinnedMapOption
  | CgroupOption
  | DiskOption
  | RingPagesOption
  | MapEntriesOption
  | StopAfterOption
  | EveryOption
  | OutputsOption
  | LevelOption
  | CommandOption
  | BinaryOption
  | GroupOption;

export type OptionDefinitions = Readonly<Record<string, OptionDefinition>>;

/** The type of a definition's value; `undefined` when it was not given and has no default. */
export type ValueOf<D extends OptionDefinition> =
  D extends GroupOption<infer O>
    ? OptionValues<O> | undefined
    : D['kind'] extends 'boolean'
      ? boolean
      : D['kind'] extends
            | 'integer'
            | 'duration'
            | 'size'
            | 'user'
            | 'ring-pages'
            | 'map-entries'
            | 'stop-after'
            | 'every'
            | 'outputs'
            | 'level'
        ? number | undefined
        : D['kind'] extends 'list' | 'texts' | 'command'
          ? readonly string[] | undefined
          : D['kind'] extends 'integers'
            ? readonly number[] | undefined
            : string | undefined;

export type OptionValues<O extends OptionDefinitions = OptionDefinitions> = {
  readonly [K in keyof O]: ValueOf<O[K]>;
};

type Rest<D> = Omit<D, 'kind' | 'help'>;

/** Builders of option definitions. `option.boolean('Only failures', { flags: '-x, --failed' })`. */
export const option = {
  boolean: (help: string, rest: Rest<BooleanOption> = {}): BooleanOption => ({
    kind: 'boolean',
    help,
    default: false,
    ...rest,
  }),
  integer: (help: string, rest: Partial<Rest<IntegerOption>> = {}): IntegerOption => ({
    kind: 'integer',
    help,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    ...rest,
  }),
  string: (help: string, rest: Rest<StringOption> = {}): StringOption => ({ kind: 'string', help, ...rest }),
  choice: (help: string, choices: readonly string[], rest: Omit<Rest<ChoiceOption>, 'choices'> = {}): ChoiceOption => ({
    kind: 'choice',
    help,
    choices,
    ...rest,
  }),
  list: (help: string, rest: Rest<ListOption> = {}): ListOption => ({ kind: 'list', help, ...rest }),
  texts: (help: string, rest: Rest<TextsOption> = {}): TextsOption => ({ kind: 'texts', help, ...rest }),
  integers: (help: string, rest: Partial<Rest<IntegerListOption>> = {}): IntegerListOption => ({
    kind: 'integers',
    help,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    ...rest,
  }),
  regex: (help: string, rest: Rest<RegexOption> = {}): RegexOption => ({ kind: 'regex', help, ...rest }),
  duration: (help: string, rest: Rest<DurationOption> = {}): DurationOption => ({ kind: 'duration', help, ...rest }),
  size: (help: string, rest: Rest<SizeOption> = {}): SizeOption => ({ kind: 'size', help, ...rest }),
  user: (help: string, rest: Rest<UserOption> = {}): UserOption => ({
    kind: 'user',
    help,
    defaultText: 'all',
    ...rest,
  }),
  /** Only this process; the C side is `skep_pid_allowed()`. */
  pid: (help = 'Only this process', rest: Partial<Rest<IntegerOption>> = {}): IntegerOption =>
    option.integer(help, { flags: '-p PID, --pid PID', min: 1, max: 0x7fffffff, defaultText: 'all', ...rest }),
  cgroupmap: (): PinnedMapOption => ({
    kind: 'pinned-map',
    help: 'Only tasks whose cgroup id is a key of this pinned BPF hash',
    flags: '--cgroupmap PATH',
    map: 'skep_cgroups',
  }),
  mntnsmap: (): PinnedMapOption => ({
    kind: 'pinned-map',
    help: 'Only tasks whose mount namespace is a key of this pinned BPF hash',
    flags: '--mntnsmap PATH',
    map: 'skep_mntns',
  }),
  cgroup: (help = 'Only tasks below this cgroup v2 directory'): CgroupOption => ({
    kind: 'cgroup',
    help,
    flags: '-c PATH, --cgroup PATH',
    defaultText: 'all',
  }),
  disk: (help = 'Only this disk', rest: Rest<DiskOption> = {}): DiskOption => ({
    kind: 'disk',
    help,
    flags: '-d DISK, --disk DISK',
    defaultText: 'all',
    ...rest,
  }),
  ringPages: (ring: string, help: string, rest: Omit<Rest<RingPagesOption>, 'ring'> = {}): RingPagesOption => ({
    kind: 'ring-pages',
    ring,
    help,
    ...rest,
  }),
  mapEntries: (map: string, help: string, rest: Omit<Rest<MapEntriesOption>, 'map'> = {}): MapEntriesOption => ({
    kind: 'map-entries',
    map,
    help,
    ...rest,
  }),
  stopAfter: (help: string, rest: Rest<StopAfterOption> = {}): StopAfterOption => ({
    kind: 'stop-after',
    help,
    ...rest,
  }),
  every: (help: string, rest: Rest<EveryOption> = {}): EveryOption => ({ kind: 'every', help, ...rest }),
  outputs: (help: string, rest: Rest<OutputsOption> = {}): OutputsOption => ({ kind: 'outputs', help, ...rest }),
  level: (help: string, max: number, rest: Omit<Rest<LevelOption>, 'max'> = {}): LevelOption => ({
    ...{ kind: 'level', help, max, default: 0 },
    ...rest,
  }),
  command: (help: string, rest: Rest<CommandOption> = {}): CommandOption => ({ kind: 'command', help, ...rest }),
  binary: (help: string, rest: Rest<BinaryOption> = {}): BinaryOption => ({ kind: 'binary', help, ...rest }),
  group: <const O extends OptionDefinitions>(help: string, options: O): GroupOption<O> => ({
    kind: 'group',
    help,
    options,
  }),
} as const;

/** Whether it says when a tool at the prompt ends: an agent goes on, so that its file does not take such options. */
export function endsTool({ kind }: { readonly kind: string }): boolean {
  return kind === 'stop-after' || kind === 'outputs';
}

const DURATION = /^(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?$/;
const MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const SIZE = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?$/i;

/** `5s` -> 5000, `100ms` -> 100, `2` -> 2000; undefined when it is not a time, or is negative. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * MS[match[2] ?? 's']!;
}

/** `100MB` -> 100e6, `64KiB` -> 65536, `4096` -> 4096; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text.trim());
  if (!match) return undefined;
  const power = match[2] ? 'kmgt'.indexOf(match[2].toLowerCase()) + 1 : 0;
  return Math.round(Number(match[1]) * (match[3] ? 1024 : 1000) ** power);
}

/**
 * Check and convert one value, as it comes from YAML (typed) or the command line (text).
 *
 * @throws SkepError SKEP_OPTION with what was expected; the caller adds the place.
 */
export function parseOption(
  owner: string,
  name: string,
  definition: OptionDefinition,
  raw: unknown,
  findUser: (name: string) => number | undefined = () => undefined,
): OptionValue {
  const fail = (expected: string): never => {
    const shown = typeof raw === 'string' ? `"${raw}"` : (JSON.stringify(raw) ?? String(raw));
    throw new SkepError('SKEP_OPTION', `option "${name}" of ${owner}: expected ${expected}, got ${shown}`);
  };
  const text = typeof raw === 'number' || typeof raw === 'bigint' ? String(raw) : raw;
  switch (definition.kind) {
    case 'boolean':
      if (raw === true || raw === 'true') return true;
      if (raw === false || raw === 'false') return false;
      return fail('true or false');
    case 'integer':
    case 'outputs':
    case 'level':
    case 'map-entries':
    case 'ring-pages': {
      const value = integer(text);
      const { min, max } = integerRange(definition);
      if (value === undefined || value < min || value > max) return fail(range(min, max));
      if (definition.kind === 'ring-pages' && (value & (value - 1)) !== 0) return fail('a power of two');
      return value;
    }
    case 'user': {
      const value = integer(text) ?? (typeof text === 'string' ? findUser(text) : undefined);
      if (value === undefined || value < 0 || value > 0xfffffffe) return fail('a uid or the name of a user');
      return value;
    }
    case 'duration':
    case 'every':
    case 'stop-after': {
      const value = typeof text === 'string' ? parseDuration(text) : undefined;
      return value === undefined || value <= 0 ? fail('a time above 0 such as 5s or 100ms') : value;
    }
    case 'size': {
      const value = typeof text === 'string' ? parseSize(text) : undefined;
      return value === undefined || value <= 0 ? fail('a size such as 100MB or 64KiB') : value;
    }
    case 'choice':
      if (typeof text !== 'string' || !definition.choices.includes(text)) {
        return fail(`one of ${definition.choices.join(', ')}`);
      }
      return text;
    case 'list':
    case 'command': {
      const items = definition.kind === 'command' ? words(raw) : list(raw);
      if (items === undefined || items.length === 0) return fail('a list of texts');
      const { choices } = definition.kind === 'list' ? definition : { choices: undefined };
      if (choices) {
        const wrong = items.find((item) => !choices.includes(item));
        if (wrong !== undefined) return fail(`values among ${choices.join(', ')}`);
      }
      return items;
    }
    case 'texts': {
      const items = typeof text === 'string' ? [text] : raw;
      const isTexts = Array.isArray(items) && items.every((item) => typeof item === 'string' && item !== '');
      return isTexts && items.length > 0 ? (items as string[]) : fail('a list of texts');
    }
    case 'integers': {
      const values = list(raw)?.map(integer);
      const { min, max } = definition;
      if (!values?.length || values.some((value) => value === undefined || value < min || value > max)) {
        return fail(`a list of numbers, each ${range(min, max)}`);
      }
      return values as number[];
    }
    case 'group':
      if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
        return fail(`a mapping of ${Object.keys(definition.options).join(', ')}`);
      }
      return parseGroup(owner, name, definition.options, raw as Readonly<Record<string, unknown>>, findUser);
    case 'regex':
      if (typeof text !== 'string') return fail('a regular expression');
      try {
        new RegExp(text, 'u');
      } catch (cause) {
        return fail(`a regular expression (${(cause as Error).message.replace(/^Invalid regular expression: /, '')})`);
      }
      return text;
    default:
      if (typeof text !== 'string') return fail('a text');
      if (text === '') return fail('a text that is not empty');
      if (text.includes('\0')) return fail('a text without NUL');
      if (definition.kind === 'string' && new TextEncoder().encode(text).length > (definition.maxBytes ?? 4096)) {
        return fail(`at most ${definition.maxBytes ?? 4096} bytes`);
      }
      return text;
  }
}

function integerRange(definition: IntegerOption | OutputsOption | LevelOption | RingPagesOption | MapEntriesOption) {
  if (definition.kind === 'integer') return definition;
  if (definition.kind === 'level') return { min: 0, max: definition.max };
  return { min: 1, max: definition.kind === 'outputs' ? Number.MAX_SAFE_INTEGER : 1 << 20 };
}

function parseGroup(
  owner: string,
  name: string,
  options: OptionDefinitions,
  raw: Readonly<Record<string, unknown>>,
  findUser: (name: string) => number | undefined,
): { readonly [name: string]: OptionValue } {
  const values: Record<string, OptionValue> = {};
  for (const [key, definition] of Object.entries(options)) {
    values[key] = definition.default;
    if (Object.hasOwn(raw, key)) values[key] = parseOption(owner, `${name}.${key}`, definition, raw[key], findUser);
  }
  const unknown = Object.keys(raw).find((key) => !Object.hasOwn(options, key));
  if (unknown !== undefined) {
    const remedy = suggest(unknown, Object.keys(options));
    throw new SkepError('SKEP_OPTION', `unknown option "${name}.${unknown}" of ${owner}`, remedy);
  }
  return values;
}

function range(min: number, max: number): string {
  if (max === Number.MAX_SAFE_INTEGER) return `a whole number, at least ${min}`;
  return `a whole number from ${min} to ${max}`;
}

function integer(raw: unknown): number | undefined {
  if (typeof raw !== 'string' || !/^-?(0x[0-9a-f]+|\d+)$/i.test(raw.trim())) return undefined;
  const value = Number(raw);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A command's words: those of a list stay as they are, commas and all. */
function words(raw: unknown): string[] | undefined {
  if (typeof raw === 'string') return raw.split(/\s+/).filter((word) => word !== '');
  return Array.isArray(raw) && raw.every((word) => typeof word === 'string') ? raw : undefined;
}

function list(raw: unknown): string[] | undefined {
  if (typeof raw === 'string') return raw.split(',').map((item) => item.trim());
  if (typeof raw === 'number') return [String(raw)];
  if (!Array.isArray(raw)) return undefined;
  const items = raw.map((item) => (typeof item === 'number' ? String(item) : item));
  return items.every((item) => typeof item === 'string') ? items.flatMap((item) => item.split(',')) : undefined;
}
