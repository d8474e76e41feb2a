import { readFormatFile } from '@skep/libbpf';
import { type BtfType, LazyBtf } from '@skep/libbpf/btf';
import type { KernelDump } from './dump.js';

/** Longest parameter list that is told apart; programs see at most 12. */
const MOST_PARAMS = 15;

/**
 * The functions of all kernels, a line each: `<name> <a character per kernel>`.
 *
 * `-` absent, `t` traceable without BTF, `0`-`f` (hex) traceable with so many parameters in BTF, `G`-`V` in BTF with so
 * many parameters and not traceable.
 */
export function functionTable(dumps: readonly KernelDump[]): string {
  const columns = dumps.map(functionsOf);
  return table(columns);
}

function functionsOf({ btf, moduleBtf, traceable }: KernelDump): Map<string, string> {
  const codes = new Map<string, string>();
  for (const name of traceable) codes.set(name, 't');
  const base = new LazyBtf(btf);
  for (const types of [base, ...[...moduleBtf.values()].map((bytes) => new LazyBtf(bytes, base))]) {
    for (const [type, params] of functionTypes(types)) {
      const count = Math.min(params, MOST_PARAMS);
      codes.set(type.name, traceable.has(type.name) ? count.toString(16) : String.fromCharCode(71 + count));
    }
  }
  return codes;
}

function* functionTypes(types: LazyBtf): Generator<[Extract<BtfType, { kind: 'func' }>, number]> {
  for (let id = types.first; id < types.end; id++) {
    const type = types.type(id);
    if (type?.kind !== 'func') continue;
    const signature = types.type(type.type);
    if (signature?.kind === 'func_proto') yield [type, signature.params.length];
  }
}

/**
 * The raw tracepoints of all kernels, a line each: `<name> <a character per kernel>`: `-` absent, `?` present with
 * arguments that no BTF tells, `0`-`f` (hex) the number of arguments.
 */
export function rawTracepointTable(dumps: readonly KernelDump[]): string {
  return table(dumps.map(rawTracepointsOf));
}

function rawTracepointsOf({ btf, moduleBtf, formats }: KernelDump): Map<string, string> {
  const codes = new Map<string, string>();
  for (const { category, name } of readFormats(formats)) {
    // Those of system calls and of ftrace itself have no tracepoint of their own behind them.
    if (category !== 'syscalls' && category !== 'ftrace') codes.set(name, '?');
  }
  const base = new LazyBtf(btf);
  for (const types of [base, ...[...moduleBtf.values()].map((bytes) => new LazyBtf(bytes, base))]) {
    for (let id = types.first; id < types.end; id++) {
      const type = types.type(id);
      if (type?.kind !== 'typedef' || !type.name.startsWith('btf_trace_')) continue;
      const pointer = types.type(type.type);
      const signature = pointer?.kind === 'ptr' ? types.type(pointer.type) : undefined;
      if (signature?.kind !== 'func_proto') continue;
      codes.set(type.name.slice('btf_trace_'.length), (signature.params.length - 1).toString(16));
    }
  }
  return codes;
}

function table(columns: readonly ReadonlyMap<string, string>[]): string {
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort();
  return names.map((name) => `${name} ${columns.map((column) => column.get(name) ?? '-').join('')}\n`).join('');
}

/**
 * The records of all kernels' tracepoints, a line for each way one looks: `<category>/<name> <kernels> <fields>`, where
 * `kernels` has a 1 for each that it looks so on, and a field is `name:offset:size`. The first 8 bytes are common to all.
 */
export function formatTable(dumps: readonly KernelDump[]): string {
  const lines = new Map<string, string[]>();
  for (const [at, { formats }] of dumps.entries()) {
    for (const { category, name, fields } of readFormats(formats)) {
      const key = `${category}/${name} ${fields}`;
      const marks = lines.get(key) ?? dumps.map(() => '0');
      marks[at] = '1';
      lines.set(key, marks);
    }
  }
  return [...lines]
    .map(([key, marks]) => key.replace(' ', ` ${marks.join('')} `))
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}

interface Format {
  readonly category: string;
  readonly name: string;
  readonly fields: string;
}

const EVENT = /^event: events\/([^/]+)\/([^/]+)\/format$/m;

export function readFormats(text: string): Format[] {
  const [, ...parts] = text.split(EVENT);
  const formats: Format[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const own = readFormatFile(parts[i + 2]!).fields.filter(({ offset }) => offset >= COMMON_BYTES);
    const fields = own.map(({ name, offset, size }) => `${name}:${offset}:${size}`).join(',');
    formats.push({ category: parts[i]!, name: parts[i + 1]!, fields });
  }
  return formats;
}

/** The fields that all records begin with. */
const COMMON_BYTES = 8;
