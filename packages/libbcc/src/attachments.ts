import { readlinkSync } from 'node:fs';
import { isSkepError, SkepError, suggest } from '@skep/core';
import {
  ATTACH_TYPES,
  attachKernelProbe,
  attachPerfSample,
  attachRawTracepoint,
  attachToTarget,
  attachTracepoint,
  attachUserProbe,
  detachAll,
  type FdLink,
  resolveBinary,
} from '@skep/libbpf';
import type { UsdtPlace } from './compiler/protocol.js';
import {
  kernelName,
  matchFunctions,
  resembling,
  similarFunction,
  similarTracepoint,
  suggestNear,
  tracepoints,
} from './kernel-functions.js';
import { chosenImplementation } from './native/indirect.js';
import { resolveSymbol } from './native/symbols.js';
import { findPerfEvent, PERF_EVENTS } from './perf-events.js';
import type { Programs } from './programs.js';

export interface KprobeSpec {
  /** A kernel function; `sys_clone` is found under this kernel's name for it. */
  readonly event?: string;
  /** Every function that this expression matches as a whole; at most 1000. */
  readonly eventRe?: string | RegExp;
  /** Bytes from the start of the function; entry probes only. */
  readonly offset?: number;
  readonly fn: string;
}

export interface UprobeSpec {
  /** Path of a program or library, a library's short name (`c`), or a program on the PATH. */
  readonly name: string;
  /**
   * The function; or `addr`. Of one that the loader chooses among several, such as `strlen` of glibc, it is the one chosen
   * on this machine, where this process has the library loaded, too.
   */
  readonly sym?: string;
  /** A virtual address of the file. */
  readonly addr?: bigint | number;
  /** Bytes from there. */
  readonly offset?: number;
  readonly fn: string;
  /** Default: every process that runs the file. */
  readonly pid?: number;
}

export interface TracepointSpec {
  /** `category:name` */
  readonly tp: string;
  readonly fn: string;
}

export interface PerfEventSpec {
  /** `cpu-clock`, `page-faults`, `cpu-cycles` ...; or `type` and `config` of perf_event_open(2). */
  readonly event?: string;
  readonly type?: number;
  readonly config?: number | bigint;
  /** Events between samples; or `sampleFreq`. */
  readonly samplePeriod?: number;
  /** Samples a second. */
  readonly sampleFreq?: number;
  readonly fn: string;
  readonly pid?: number;
  readonly cpu?: number;
}

/** One attachment, for `detach` and for whoever lists them. */
export interface Attachment {
  readonly kind:
    | 'kprobe'
    | 'kretprobe'
    | 'uprobe'
    | 'uretprobe'
    | 'usdt'
    | 'tracepoint'
    | 'raw_tracepoint'
    | 'perf_event'
    | 'kfunc'
    | 'kretfunc'
    | 'lsm';
  /** What it is attached to, as it was asked for. */
  readonly target: string;
  readonly fn: string;
  readonly links: readonly FdLink[];
}

const PERF_TYPE_SOFTWARE = 1;
const NO_COUNTER =
  'virtual machines often have no counters of the processor; cpu-clock and other software events are everywhere';

/** Attaches the functions of one program, and knows what is attached. */
export class Attachments {
  private readonly programs: Programs;
  private attached: Attachment[] = [];

  constructor(programs: Programs) {
    this.programs = programs;
  }

  get list(): readonly Attachment[] {
    return this.attached;
  }

  /** @throws SkepError SKEP_ATTACH with what resembles the name, when it cannot be probed. */
  kprobe({ event, eventRe, offset = 0, fn }: KprobeSpec, isReturn: boolean): void {
    const names = eventRe === undefined ? [kernelName(required(event, 'event'))] : matchFunctions(eventRe);
    const program = this.programs.load(fn, 'kprobe');
    const kind = isReturn ? 'kretprobe' : 'kprobe';
    const links: FdLink[] = [];
    let refused: unknown;
    for (const symbol of names) {
      try {
        links.push(attachKernelProbe(program, { symbol, offset: BigInt(offset), isReturn }));
      } catch (error) {
        // Of many, some cannot be probed whatever the lists say.
        if (eventRe === undefined) throw kprobeError(error, symbol);
        refused = kprobeError(error, symbol);
      }
    }
    if (links.length === 0) throw refused;
    this.attached.push({ kind, target: event ?? String(eventRe), fn, links });
  }

  /** @throws SkepError SKEP_ATTACH when there is no such file or function. */
  uprobe(spec: UprobeSpec, isReturn: boolean): void {
    const { name, sym, addr, offset = 0, fn, pid } = spec;
    const place = findPlace(name, sym ?? BigInt(required(addr, 'sym" or "addr')), pid);
    const program = this.programs.load(fn, 'kprobe');
    const link = attachUserProbe(program, {
      path: pathOf(place.path, pid),
      offset: place.offset + BigInt(offset),
      pid,
      isReturn,
    });
    this.attached.push({
      kind: isReturn ? 'uretprobe' : 'uprobe',
      target: `${name}:${sym ?? `0x${addr!.toString(16)}`}`,
      fn,
      links: [link],
    });
  }

  usdt({ fn, path, offset, semaphore, pid }: UsdtPlace): void {
    const program = this.programs.load(fn, 'kprobe');
    const link = attachUserProbe(program, {
      path: pathOf(path, pid),
      offset: BigInt(offset),
      semaphore: BigInt(semaphore),
      pid,
      isReturn: false,
    });
    this.attached.push({ kind: 'usdt', target: `${path}+0x${BigInt(offset).toString(16)}`, fn, links: [link] });
  }

  tracepoint({ tp, fn }: TracepointSpec): void {
    const [category = '', name = ''] = tp.split(':');
    const program = this.programs.load(fn, 'tracepoint');
    const link = explain(
      () => attachTracepoint(program, category, name),
      () => similarTracepoint(tp),
    );
    this.attached.push({ kind: 'tracepoint', target: tp, fn, links: [link] });
  }

  rawTracepoint({ tp, fn }: TracepointSpec): void {
    const program = this.programs.load(fn, 'raw_tracepoint');
    const names = () => tracepoints().map((one) => one.split(':')[1]!);
    const link = explain(
      () => attachRawTracepoint(program, tp),
      () => suggestNear(tp, names()),
    );
    this.attached.push({ kind: 'raw_tracepoint', target: tp, fn, links: [link] });
  }

  perfEvent({ event, type, config, samplePeriod, sampleFreq, fn, pid, cpu }: PerfEventSpec): void {
    if ((samplePeriod ?? 0) > 0 === (sampleFreq ?? 0) > 0) {
      throw new SkepError('SKEP_USAGE', 'a perf event needs "samplePeriod" or "sampleFreq", and not both');
    }
    const named = event === undefined ? undefined : findPerfEvent(event);
    if (event !== undefined && !named) {
      throw new SkepError('SKEP_USAGE', `unknown perf event "${event}"`, suggest(event, Object.keys(PERF_EVENTS)));
    }
    const what = named ?? { type: required(type, 'event" or "type'), config: BigInt(config ?? 0) };
    const program = this.programs.load(fn, 'perf_event');
    const rate = { period: samplePeriod ?? 0, frequency: sampleFreq ?? 0 };
    const links = explain(
      () => attachPerfSample(program, { ...what, name: event, ...rate, pid, cpu }),
      () => (what.type === PERF_TYPE_SOFTWARE ? '' : NO_COUNTER),
    );
    this.attached.push({ kind: 'perf_event', target: event ?? `${what.type}:${what.config}`, fn, links });
  }

  /** A function of the text whose name says what it is attached to, with the kernel's own types (BTF). */
  toTarget(fn: string, kind: 'kfunc' | 'kretfunc' | 'lsm', name: string): void {
    const attachType = { kfunc: ATTACH_TYPES.fentry, kretfunc: ATTACH_TYPES.fexit, lsm: ATTACH_TYPES.lsm }[kind];
    const program = this.programs.load(fn, kind === 'lsm' ? 'lsm' : 'tracing', { name, attachType });
    this.attached.push({ kind, target: name, fn, links: [attachToTarget(program, name)] });
  }

  /** Detach what was attached to `target` as this kind. @throws SkepError SKEP_USAGE when nothing was. */
  async detach(kind: Attachment['kind'], target: string): Promise<void> {
    const found = this.attached.filter((one) => one.kind === kind && one.target === target);
    if (found.length === 0) {
      const remedy = suggest(
        target,
        this.attached.flatMap((one) => (one.kind === kind ? [one.target] : [])),
      );
      throw new SkepError('SKEP_USAGE', `nothing is attached to ${kind} ${target}`, remedy);
    }
    this.attached = this.attached.filter((one) => !found.includes(one));
    await detachAll(found.flatMap(({ links }) => links));
  }

  async close(): Promise<void> {
    await detachAll(this.attached.splice(0).flatMap(({ links }) => links));
  }
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new SkepError('SKEP_USAGE', `"${name}" is missing`);
  return value;
}

/** The error with what resembles the name, when that is what is wrong. */
function explain<T>(attach: () => T, remedy: () => string): T {
  try {
    return attach();
  } catch (error) {
    if (!isSkepError(error) || error.code !== 'SKEP_ATTACH' || error.remedy !== '') throw error;
    throw new SkepError(error.code, error.message, remedy(), { cause: error });
  }
}

function kprobeError(error: unknown, symbol: string): unknown {
  if (!isSkepError(error) || error.code !== 'SKEP_ATTACH') return error;
  const hasNoKprobes = /has no kprobes/.test(error.message);
  const remedy = hasNoKprobes ? resembling(symbol) : similarFunction(symbol);
  const message = hasNoKprobes ? `cannot attach to kernel function ${symbol}: ${error.message}` : error.message;
  return new SkepError('SKEP_ATTACH', message, remedy, { cause: error });
}

function findPlace(name: string, at: string | bigint, pid: number | undefined) {
  const place = resolveSymbol(name, at, pid ?? 0) ?? resolveSymbol(resolveBinary(name), at, pid ?? 0);
  if (place) return (typeof at === 'string' ? chosenImplementation(place.path, at) : undefined) ?? place;
  const what = typeof at === 'string' ? `function "${at}"` : `address 0x${at.toString(16)}`;
  throw new SkepError('SKEP_ATTACH', `no ${what} in ${name}`, 'look with: nm -D FILE, or nm FILE');
}

/** A process in a container has its files elsewhere. */
function pathOf(path: string, pid: number | undefined): string {
  if (pid === undefined || path.startsWith(`/proc/${pid}/root/`)) return path;
  const namespace = (process: string) => readlinkSync(`/proc/${process}/ns/mnt`);
  return namespace(String(pid)) === namespace('self') ? path : `/proc/${pid}/root${path}`;
}
