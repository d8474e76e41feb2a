import type { Answer, KernelDescription, TracepointFormat } from './kernel.js';
import { tracepointArgs } from './kernel.js';
import type { AttachPoint } from './program-kind.js';
import type { Reached } from './reach.js';

/** Something that speaks against a program. */
export interface Problem {
  readonly reason: string;
  /** False: it may come out either way. */
  readonly isCertain: boolean;
}

type ContextRead = Reached<{ readonly offset: number; readonly size: number }>;

const certain = (reason: string): Problem => ({ reason, isCertain: true });
const doubtful = (reason: string): Problem => ({ reason, isCertain: false });

/** What keeps a program from being loaded, of the kinds whose target is looked up then, in the kernel's types. */
export function targetProblems({ kind, target }: AttachPoint, kernel: KernelDescription): Problem[] {
  switch (kind) {
    case 'tp_btf': {
      const isThere = tracepointArgs(kernel.tables, target) !== undefined;
      return [...ofAnswer(kernel.feature(kind)), ...(isThere ? [] : [lacking(kernel, 'raw', target)])];
    }
    case 'fentry':
      return [...ofAnswer(kernel.feature(kind)), ...functionProblems(kernel, target, true)];
    case 'iter':
      return [...ofAnswer(kernel.feature(kind)), ...functionProblems(kernel, `bpf_iter_${target}`, false)];
    case 'lsm':
      return [...ofAnswer(kernel.feature(kind)), ...functionProblems(kernel, `bpf_lsm_${target}`, false)];
    case 'other':
      return [doubtful('a kind of program that is not known here')];
    default:
      return [];
  }
}

/** What keeps a loaded program from being attached. */
export function attachProblems(
  { kind, target }: AttachPoint,
  reads: readonly ContextRead[],
  kernel: KernelDescription,
): Problem[] {
  const atLoad = kind === 'tp_btf' || kind === 'fentry' || kind === 'iter' || kind === 'lsm' || kind === 'other';
  const lacks = atLoad ? [] : ofAnswer(kernel.feature(kind));
  // What it would attach to says nothing more.
  return lacks.some(({ isCertain }) => isCertain)
    ? lacks
    : [...lacks, ...pointProblems({ kind, target }, reads, kernel)];
}

function pointProblems(
  { kind, target }: AttachPoint,
  reads: readonly ContextRead[],
  kernel: KernelDescription,
): Problem[] {
  switch (kind) {
    case 'kprobe':
      return functionIsTraceable(kernel, target.split('+')[0]!);
    case 'kprobe_multi':
      return /[*?]/.test(target) ? [] : functionIsTraceable(kernel, target);
    case 'tracepoint':
      return formatProblems(kernel, target, reads);
    case 'raw_tp': {
      const tracepoint = kernel.rawTracepoint(target);
      if (tracepoint === 'unknown') return [doubtful(`tracepoints are not described: ${target}`)];
      if (!tracepoint) return [lacking(kernel, 'raw', target)];
      return argumentProblems(reads, tracepoint.args, `tracepoint ${target}`);
    }
    case 'tp_btf':
      return argumentProblems(reads, tracepointArgs(kernel.tables, target), `tracepoint ${target}`);
    case 'fentry': {
      const found = kernel.functionNamed(target);
      const params = found === undefined || found === 'unknown' ? undefined : found.params;
      // Behind the last argument lies the value that the function returned.
      return argumentProblems(reads, params === undefined ? undefined : params + 1, target);
    }
    default:
      return [];
  }
}

function ofAnswer({ state, reason }: Answer): Problem[] {
  return state === 'yes' ? [] : [{ reason, isCertain: state === 'no' }];
}

const WORDS = { function: 'function', tracepoint: 'tracepoint', raw: 'tracepoint' } as const;

function lacking(kernel: KernelDescription, what: keyof typeof WORDS, name: string): Problem {
  const elsewhere = kernel.elsewhere(what, name);
  const how = what === 'function' ? ' (absent, or inlined)' : '';
  return certain(`no ${WORDS[what]} ${name}${how}${elsewhere ? `; ${elsewhere}` : ''}`);
}

function functionProblems(kernel: KernelDescription, name: string, mustBeTraceable: boolean): Problem[] {
  const found = kernel.functionNamed(name);
  if (found === 'unknown') return [doubtful(`functions are not described: ${name}`)];
  if (!found) return [lacking(kernel, 'function', name)];
  if (found.params === undefined)
    return [certain(`function ${name} has no type in BTF: the compiler changed its arguments`)];
  if (mustBeTraceable && !found.isTraceable) return [certain(`function ${name} cannot be traced`)];
  return [];
}

function functionIsTraceable(kernel: KernelDescription, name: string): Problem[] {
  const found = kernel.functionNamed(name);
  if (found === 'unknown') return [doubtful(`functions are not described: ${name}`)];
  if (!found) return [lacking(kernel, 'function', name)];
  return found.isTraceable ? [] : [certain(`function ${name} cannot be traced`)];
}

function argumentProblems(reads: readonly ContextRead[], args: number | undefined, what: string): Problem[] {
  if (args === undefined) return [];
  return reads
    .filter(({ what: { offset, size } }) => offset + size > args * 8)
    .map(({ what: { offset }, isCertain }) => ({
      reason: `reads argument ${Math.floor(offset / 8) + 1} of ${what}, which has ${args} here`,
      isCertain,
    }));
}

function formatProblems(kernel: KernelDescription, path: string, reads: readonly ContextRead[]): Problem[] {
  const format = kernel.tracepoint(path);
  if (format === 'unknown') return [doubtful(`tracepoints are not described: ${path}`)];
  if (!format) return [lacking(kernel, 'tracepoint', path)];
  const end = recordSize(format);
  return reads.flatMap(({ what: { offset, size }, isCertain }) => {
    const where = `reads ${size} bytes at ${offset} of ${path}`;
    if (offset + size > end) return [{ reason: `${where}, whose record has ${end} bytes here`, isCertain }];
    const touched = format.fields.filter((field) => field.offset < offset + size && offset < field.offset + field.size);
    // The kernel takes it; what is read would not be what the program means.
    return touched.length === 1 && touched[0]!.offset <= offset
      ? []
      : [doubtful(`${where}, where no field stands here`)];
  });
}

function recordSize({ fields }: TracepointFormat): number {
  return Math.max(...fields.map(({ offset, size }) => offset + size));
}
