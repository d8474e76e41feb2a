import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { LazyBtf, type TypeTable } from '../btf/index.js';
import { FEATURES } from '../predict/features.js';
import {
  type Answer,
  findType,
  type KernelDescription,
  type KernelFunction,
  type TracepointFormat,
  tracepointArgs,
  YES,
} from '../predict/kernel.js';
import { versionAnswer } from '../predict/since.js';
import { findTracefs } from '../tracefs.js';
import { readFormatFile } from './format-file.js';
import { elsewhere } from './known-kernels.js';

const BTF_FOLDER = '/sys/kernel/btf';
const UNITS = '/sys/bus/event_source/devices';

/** Answers of trial loads, by feature; what is not in it was not tried. */
export type Trials = ReadonlyMap<string, Answer>;

/**
 * This kernel, described by its files: BTF, tracefs, symbols, configuration. Reads what anybody may read, and more when
 * it may; what it may not read is unknown. `trials` win over what files say.
 */
export function liveKernel(trials: Trials = new Map()): KernelDescription {
  const tables = new LiveTables();
  const config = once(readConfig);
  const traceable = once(readTraceable);
  const symbols = once(() => `\n${readOptional('/proc/kallsyms')}`);
  return {
    title: 'this kernel',
    release: release(),
    tables,
    feature: (name) => trials.get(name) ?? featureOf(name, config()),
    functionNamed: (name) => functionNamed(tables, name, traceable(), symbols),
    tracepoint: readTracepoint,
    rawTracepoint: (name) => rawTracepoint(tables, name),
    elsewhere,
  };
}

/** The kernel's types, and behind them those of its modules as far as somebody looks. */
class LiveTables implements Iterable<TypeTable> {
  private readonly read: LazyBtf[] = [];
  private names: string[] | undefined;

  *[Symbol.iterator](): Generator<LazyBtf> {
    const names = this.moduleNames();
    for (let i = 0; i <= names.length; i++) {
      const known = this.read[i];
      if (known) yield known;
      else {
        const bytes = tryRead(`${BTF_FOLDER}/${i === 0 ? 'vmlinux' : names[i - 1]}`);
        if (!bytes) {
          if (i === 0) return;
          continue;
        }
        const types = i === 0 ? new LazyBtf(bytes) : new LazyBtf(bytes, this.read[0]);
        this.read[i] = types;
        yield types;
      }
    }
  }

  private moduleNames(): readonly string[] {
    this.names ??= existsSync(BTF_FOLDER) ? readdirSync(BTF_FOLDER).filter((name) => name !== 'vmlinux') : [];
    return this.names;
  }
}

function featureOf(name: string, config: ReadonlyMap<string, string> | undefined): Answer {
  const feature = FEATURES.find((one) => one.name === name);
  if (!feature) return YES;
  if (name === 'kprobe' || name === 'uprobe') {
    if (!existsSync(UNITS) || existsSync(`${UNITS}/${name}`)) return YES;
    const option = name === 'kprobe' ? 'CONFIG_KPROBES' : 'CONFIG_UPROBES';
    return { state: 'no', reason: `this kernel is built without ${name}s (${option})` };
  }
  if (name === 'usdt') return featureOf('uprobe', config);
  const option = OPTIONS[name];
  if (option && config && config.get(option) !== 'y') {
    return { state: 'no', reason: `this kernel is built without ${feature.title} (${option})` };
  }
  if (name === 'kprobe_multi') {
    const kprobes = featureOf('kprobe', config);
    if (kprobes.state === 'no') return kprobes;
  }
  return versionAnswer(feature, release());
}

/** What a feature needs of the kernel's configuration. */
const OPTIONS: Readonly<Record<string, string>> = {
  fentry: 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS',
  kprobe_multi: 'CONFIG_FPROBE',
  lsm: 'CONFIG_BPF_LSM',
};

function readConfig(): ReadonlyMap<string, string> | undefined {
  const packed = tryRead('/proc/config.gz');
  const text = packed ? gunzipSync(packed).toString() : readOptional(`/boot/config-${release()}`);
  if (text === '') return undefined;
  return new Map([...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, option, value]) => [option!, value!]));
}

/** The list of functions that ftrace can trace, a line each; undefined when it cannot be read. */
function readTraceable(): string | undefined {
  const folder = findTracefs();
  const text = folder === undefined ? '' : readOptional(`${folder}/available_filter_functions`);
  return text === '' ? undefined : `\n${text}`;
}

function functionNamed(
  tables: LiveTables,
  name: string,
  traceable: string | undefined,
  symbols: () => string,
): KernelFunction | undefined | 'unknown' {
  const found = findType(tables, name, 'func');
  const signature = found?.type.kind === 'func' ? found.table.type(found.type.type) : undefined;
  const params = signature?.kind === 'func_proto' ? signature.params.length : undefined;
  if (traceable !== undefined) {
    const isTraceable = traceable.includes(`\n${name}\n`) || traceable.includes(`\n${name} [`);
    return isTraceable || params !== undefined ? { isTraceable, params } : undefined;
  }
  if (params !== undefined) return { isTraceable: true, params };
  const all = symbols();
  if (all.length <= 1) return 'unknown';
  return new RegExp(` [tTwW] ${name}[\\n\\t]`).test(all) ? { isTraceable: true, params } : undefined;
}

function readTracepoint(path: string): TracepointFormat | undefined | 'unknown' {
  const folder = findTracefs();
  if (folder === undefined) return 'unknown';
  const text = readOptional(`${folder}/events/${path}/format`);
  return text === '' ? undefined : readFormatFile(text);
}

function rawTracepoint(tables: LiveTables, name: string) {
  const args = tracepointArgs(tables, name);
  if (args !== undefined) return { args };
  const folder = findTracefs();
  if (folder === undefined) return 'unknown';
  // A module's, on a kernel whose modules have no BTF.
  const isThere = readdirSync(`${folder}/events`).some((category) =>
    existsSync(`${folder}/events/${category}/${name}`),
  );
  return isThere ? { args: undefined } : undefined;
}

function tryRead(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // not there, or not for this user
  }
}

const readOptional = (path: string): string => tryRead(path)?.toString('latin1') ?? '';

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
