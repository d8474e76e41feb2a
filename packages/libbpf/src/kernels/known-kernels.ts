import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { SkepError, suggest } from '@skep/core';
import { LazyBtf } from '../btf/index.js';
import { FEATURES } from '../predict/features.js';
import {
  type Answer,
  type KernelDescription,
  type KernelFunction,
  type TracepointFormat,
  YES,
} from '../predict/kernel.js';
import { versionAnswer } from '../predict/since.js';

/** A kernel whose description ships with this package. `tools/kernels` writes them. */
export interface KnownKernel {
  readonly name: string;
  readonly release: string;
  readonly kprobe: boolean;
  readonly uprobe: boolean;
}

const FOLDER = new URL('../../kernels/', import.meta.url);

export function knownKernels(): readonly KnownKernel[] {
  return JSON.parse(readFileSync(new URL('index.json', FOLDER), 'utf8')) as KnownKernel[];
}

/** The kernels' names for a person: `Debian 6.1`. */
export const titleOf = ({ name }: KnownKernel): string => `Debian ${name}`;

/**
 * The description of a known kernel: `5.10`, `6.1`, `6.12`, `sid`.
 *
 * @throws SkepError SKEP_USAGE with the nearest name.
 */
export function knownKernel(name: string): KernelDescription {
  const kernels = knownKernels();
  const at = kernels.findIndex((kernel) => kernel.name === name);
  const kernel = kernels[at];
  if (!kernel) {
    const names = kernels.map((one) => one.name);
    throw new SkepError('SKEP_USAGE', `no description of kernel "${name}"`, suggest(name, names));
  }
  return {
    title: titleOf(kernel),
    release: kernel.release,
    tables: [new LazyBtf(brotliDecompressSync(readFileSync(new URL(`${name}.btf.br`, FOLDER))))],
    feature: (feature) => featureOf(kernel, feature),
    functionNamed: (one) => readFunction(columnOf('functions', one, at)),
    tracepoint: (path) => readFormat(path, at),
    rawTracepoint: (one) => readRaw(columnOf('raw-tracepoints', one, at)),
    elsewhere,
  };
}

function featureOf(kernel: KnownKernel, feature: string): Answer {
  const unit = feature === 'kprobe' ? kernel.kprobe : feature === 'uprobe' ? kernel.uprobe : true;
  if (!unit) return { state: 'no', reason: `this kernel is built without ${feature}s` };
  const found = FEATURES.find(({ name }) => name === feature);
  return found ? versionAnswer(found, kernel.release) : YES;
}

/** Which of the known kernels have a name: `Debian 6.12, sid have it`. */
export function elsewhere(what: 'function' | 'tracepoint' | 'raw', name: string): string {
  const kernels = knownKernels();
  const has = (at: number): boolean =>
    what === 'tracepoint'
      ? readFormat(name, at) !== undefined
      : columnOf(what === 'raw' ? 'raw-tracepoints' : 'functions', name, at) !== '-';
  const those = kernels.filter((_, at) => has(at)).map((kernel) => kernel.name);
  if (those.length === 0) return '';
  const first = kernels.findIndex((_, at) => has(at));
  const isNew = first > 0 && those.length === kernels.length - first;
  if (isNew) return `it came after Linux ${versionOf(kernels[first - 1]!)}, and ${versionOf(kernels[first]!)} has it`;
  const last = kernels.findLastIndex((_, at) => has(at));
  const isOld = last < kernels.length - 1 && those.length === last + 1;
  if (isOld) return `Linux ${versionOf(kernels[last]!)} has it, and ${versionOf(kernels[last + 1]!)} no longer`;
  return `Debian ${those.join(', ')} ${those.length > 1 ? 'have' : 'has'} it`;
}

const versionOf = ({ release }: KnownKernel): string => release.split('.').slice(0, 2).join('.');

type TableName = 'functions' | 'raw-tracepoints';
const tables = new Map<string, string>();

function text(file: string): string {
  let known = tables.get(file);
  if (known === undefined) {
    known = `\n${brotliDecompressSync(readFileSync(new URL(`${file}.br`, FOLDER))).toString('latin1')}`;
    tables.set(file, known);
  }
  return known;
}

/** What stands in a kernel's column behind a name; `-` for a name that is not there. */
function columnOf(file: TableName, name: string, at: number): string {
  const table = text(file);
  const line = table.indexOf(`\n${name} `);
  return line < 0 ? '-' : table[line + name.length + 2 + at]!;
}

function readFunction(code: string): KernelFunction | undefined {
  if (code === '-') return undefined;
  if (code === 't') return { isTraceable: true, params: undefined };
  const isTraceable = /[0-9a-f]/.test(code);
  return { isTraceable, params: isTraceable ? Number.parseInt(code, 16) : code.charCodeAt(0) - 'G'.charCodeAt(0) };
}

function readRaw(code: string): { readonly args: number | undefined } | undefined {
  if (code === '-') return undefined;
  return { args: code === '?' ? undefined : Number.parseInt(code, 16) };
}

/** Of every record, before its own fields: type, flags, preempt count and process. */
const COMMON = [
  { name: 'common_type', offset: 0, size: 2 },
  { name: 'common_flags', offset: 2, size: 1 },
  { name: 'common_preempt_count', offset: 3, size: 1 },
  { name: 'common_pid', offset: 4, size: 4 },
];

function readFormat(path: string, at: number): TracepointFormat | undefined {
  const table = text('formats');
  for (let line = table.indexOf(`\n${path} `); line >= 0; line = table.indexOf(`\n${path} `, line + 1)) {
    const [, marks = '', fields = ''] = table.slice(line + 1, table.indexOf('\n', line + 1)).split(' ');
    if (marks[at] !== '1') continue;
    const own = fields
      .split(',')
      .filter(Boolean)
      .map((field) => {
        const [name = '', offset, size] = field.split(':');
        return { name, offset: Number(offset), size: Number(size) };
      });
    return { fields: [...COMMON, ...own] };
  }
  return undefined;
}
