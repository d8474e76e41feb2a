import { type SourceLocation, suggest } from '@skep/core';
import type { AttachEntry } from '@skep/libbcc';
import { z } from 'zod';
import type { CheckContext } from './check-context.js';
import { shown } from './check-frame.js';
import { type Entry, type MapNode, nodeAt, plain, spanOf, type TreeNode } from './tree.js';

// The message of each schema completes "expected ...".
const name = (expected: string) => z.string({ error: expected }).min(1, expected).max(4096, expected);
const integer = (expected: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.number({ error: expected }).int(expected).min(least, expected).max(most, expected);

const fn = name('the name of a function of the program').regex(
  /^[A-Za-z_]\w*$/,
  'the name of a function of the program',
);
const pid = integer('a process id', 1, 0x7fffffff).optional();
const offset = integer('bytes', 0).optional();
const kernelFunction = name('a kernel function, or an expression between slashes');
const userFunction = name('FILE:FUNCTION or FILE:0xADDRESS').regex(/^.+:[^:]+$/, 'FILE:FUNCTION or FILE:0xADDRESS');
const tracepoint = name('category:name').regex(/^[\w-]+:[\w-]+$/, 'category:name');

/** The keys of an entry, by the one that says what it is. */
const KINDS = {
  kprobe: z.strictObject({ kprobe: kernelFunction, fn, offset }),
  kretprobe: z.strictObject({ kretprobe: kernelFunction, fn }),
  uprobe: z.strictObject({ uprobe: userFunction, fn, offset, pid }),
  uretprobe: z.strictObject({ uretprobe: userFunction, fn, pid }),
  tracepoint: z.strictObject({ tracepoint, fn }),
  raw_tracepoint: z.strictObject({ raw_tracepoint: name('the name of a tracepoint'), fn }),
  usdt: z.strictObject({ usdt: name('a probe, or provider:probe'), fn, path: name('a path').optional(), pid }),
  perf_event: z.strictObject({
    perf_event: name('the name of a perf event'),
    fn,
    frequency: integer('samples a second', 1, 100_000).optional(),
    period: integer('events between samples', 1).optional(),
    pid,
    cpu: integer('the number of a CPU', 0, 65_535).optional(),
  }),
} as const;

type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** The list `attach` of a plugin that takes a program; mistakes are added to the context's problems. */
export function checkAttach(entry: Entry, takesProgram: boolean, context: CheckContext): AttachEntry[] {
  const { problems, source } = context;
  const list = nodeAt(entry.node, ['attach']);
  if (!list || entry.node.kind !== 'map') return [];
  const { keyStart, keyEnd } = entry.node.entries.get('attach')!;
  if (!takesProgram) {
    problems.add('SKEP_CONFIG', source.at(keyStart, keyEnd), 'only "use: bcc" takes "attach"');
    return [];
  }
  if (list.kind !== 'list') {
    const place = source.at(...spanOf(entry.node.entries.get('attach')!));
    problems.add('SKEP_CONFIG', place, `"attach" of plugins.${entry.key}: expected a list, got ${shown(list)}`);
    return [];
  }
  return list.items.flatMap((item) => checkItem(item, context) ?? []);
}

function checkItem(item: TreeNode, context: CheckContext): AttachEntry | undefined {
  const { problems, source } = context;
  const location = source.at(item.start, item.end);
  const kinds = item.kind === 'map' ? KIND_NAMES.filter((kind) => item.entries.has(kind)) : [];
  const [kind] = kinds;
  if (item.kind !== 'map' || kind === undefined || kinds.length > 1) {
    const expected = `one of ${KIND_NAMES.join(', ')}`;
    const got = item.kind !== 'map' ? shown(item) : kinds.length > 1 ? kinds.join(' and ') : 'none of them';
    problems.add('SKEP_CONFIG', location, `an entry of "attach": expected ${expected}, got ${got}`, nearestKind(item));
    return undefined;
  }
  const result = KINDS[kind].safeParse(plain(item));
  if (result.success) return entryOf(kind, result.data as Parsed, location, context);
  for (const issue of result.error.issues) report(issue, item, kind, context);
  return undefined;
}

function nearestKind(item: TreeNode): string {
  const [key] = item.kind === 'map' ? item.entries.keys() : [];
  return key === undefined ? 'such as { kprobe: vfs_read, fn: on_read }' : suggest(key, KIND_NAMES);
}

function report(issue: z.core.$ZodIssue, item: MapNode, kind: Kind, { problems, source }: CheckContext): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const { keyStart, keyEnd } = item.entries.get(key)!;
      const remedy = suggest(key, Object.keys(KINDS[kind].shape));
      problems.add('SKEP_CONFIG', source.at(keyStart, keyEnd), `unknown key "${key}" of a ${kind}`, remedy);
    }
    return;
  }
  const key = String(issue.path[0]);
  const entry = item.entries.get(key);
  const place = entry ? source.at(...spanOf(entry)) : source.at(item.start, item.end);
  const got = entry ? `, got ${shown(entry.node)}` : '';
  problems.add('SKEP_CONFIG', place, `"${key}" of a ${kind}: expected ${issue.message}${got}`);
}

interface Parsed {
  readonly fn: string;
  readonly offset?: number;
  readonly pid?: number;
  readonly path?: string;
  readonly cpu?: number;
  readonly frequency?: number;
  readonly period?: number;
  readonly [kind: string]: string | number | undefined;
}

function entryOf(kind: Kind, parsed: Parsed, location: SourceLocation, context: CheckContext): AttachEntry | undefined {
  const { fn, offset, pid, path, cpu, frequency, period } = parsed;
  const target = String(parsed[kind]);
  const common = { fn, location, ...(offset === undefined ? {} : { offset }), ...(pid === undefined ? {} : { pid }) };
  const wrong = (message: string) => {
    context.problems.add('SKEP_CONFIG', location, message);
    return undefined;
  };
  switch (kind) {
    case 'kprobe':
    case 'kretprobe': {
      const expression = /^\/(.+)\/$/.exec(target)?.[1];
      if (expression !== undefined && !isExpression(expression)) return wrong(`${target} is no regular expression`);
      return { kind, ...common, ...(expression === undefined ? { event: target } : { eventRe: expression }) };
    }
    case 'uprobe':
    case 'uretprobe': {
      const at = target.lastIndexOf(':');
      const [file, symbol] = [target.slice(0, at), target.slice(at + 1)];
      return { kind, ...common, name: file, ...(/^0x/.test(symbol) ? { addr: BigInt(symbol) } : { sym: symbol }) };
    }
    case 'tracepoint':
    case 'raw_tracepoint':
      return { kind, tp: target, fn, location };
    case 'usdt':
      if (path === undefined && pid === undefined) return wrong('a usdt needs "path" or "pid"');
      return { kind, probe: target, ...common, ...(path === undefined ? {} : { path }) };
    case 'perf_event': {
      if ((frequency === undefined) === (period === undefined)) {
        return wrong('a perf_event needs "frequency" or "period", and not both');
      }
      const sampling = frequency === undefined ? { samplePeriod: period! } : { sampleFreq: frequency };
      return { kind, event: target, ...sampling, ...common, ...(cpu === undefined ? {} : { cpu }) };
    }
  }
}

function isExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
