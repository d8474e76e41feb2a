import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SkepError } from '@skep/core';
import { describeErrno, EACCES, EPERM } from './errno.js';
import { libbpf } from './native/libbpf.js';
import { enablePerfEvent, errno, libc, perfEventOpen, setPerfProgram, withMemory } from './native/libc.js';
import { onlineCpus } from './perf-event.js';
import { ensureTracefs } from './tracefs.js';

/** An attachment that is a file descriptor: closing it detaches. */
export class FdLink {
  readonly fd: number;
  private closed = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** On a worker thread: for user and kernel probes the kernel waits a grace period. */
  async detach(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await new Promise<void>((resolve) => libc().close.async(this.fd, () => resolve()));
  }

  destroy(): void {
    if (!this.closed) libc().close(this.fd);
    this.closed = true;
  }
}

const PERF_TYPE_TRACEPOINT = 2;
const ATTR_SIZE = 128;
/** Offsets in `struct perf_event_attr`. */
const CONFIG = 8;
const PERIOD = 16;
const FLAGS = 40;
const CONFIG1 = 56;
const CONFIG2 = 64;
const FLAG_FREQ = 1n << 10n;

export interface FunctionProbe {
  readonly isReturn: boolean;
  /** Bytes from the start of the function (kernel), or of the file (user). */
  readonly offset: bigint;
}

export interface KernelProbe extends FunctionProbe {
  readonly symbol: string;
}

export interface UserProbe extends FunctionProbe {
  readonly path: string;
  /** Default: every process that maps the file. */
  readonly pid?: number | undefined;
  /** Place in the file of a USDT semaphore, which the kernel counts up while the probe is there (Linux 4.20); 0: none. */
  readonly semaphore?: bigint;
}

/** What samples a perf event: exactly one of `period` and `frequency` is not 0. */
export interface PerfSample {
  readonly type: number;
  readonly config: bigint;
  /** In messages; default: type and config. */
  readonly name?: string | undefined;
  readonly period?: number;
  readonly frequency?: number;
  /** Default: all processes. */
  readonly pid?: number | undefined;
  /** Default: every CPU that runs now; with a pid, wherever it runs. */
  readonly cpu?: number | undefined;
}

/**
 * Attach a loaded kprobe program to a kernel function, through the kernel's own perf PMU (Linux 4.17).
 *
 * @throws SkepError SKEP_ATTACH when the function is not there or may not be probed, or this kernel has no kprobes.
 */
export function attachKernelProbe(program: number, { symbol, offset, isReturn }: KernelProbe): FdLink {
  const attr = probeAttr('kprobe', isReturn, 0n);
  return withMemory(symbol.length + 1, (address, memory) => {
    memory.set(Buffer.from(symbol, 'latin1'));
    attr.setBigUint64(CONFIG1, address, true);
    attr.setBigUint64(CONFIG2, offset, true);
    return attach(program, attr, -1, 0, symbol);
  });
}

/** Attach a loaded kprobe program to a place in a user file. @throws SkepError SKEP_ATTACH, SKEP_PERMISSION. */
export function attachUserProbe(program: number, probe: UserProbe): FdLink {
  const { path, offset, pid, isReturn, semaphore = 0n } = probe;
  const attr = probeAttr('uprobe', isReturn, semaphore);
  const bytes = Buffer.from(path, 'utf8');
  return withMemory(bytes.length + 1, (address, memory) => {
    memory.set(bytes);
    attr.setBigUint64(CONFIG1, address, true);
    attr.setBigUint64(CONFIG2, offset, true);
    const where = `${path}+0x${offset.toString(16)}`;
    return attach(program, attr, pid ?? -1, pid === undefined ? 0 : -1, where);
  });
}

/**
 * Attach a loaded tracepoint program.
 *
 * @throws SkepError SKEP_ATTACH when there is no such tracepoint; SKEP_TRACEFS when tracefs cannot be read.
 */
export function attachTracepoint(program: number, category: string, name: string): FdLink {
  const file = join(ensureTracefs(), 'events', category, name, 'id');
  if (!existsSync(file)) throw new SkepError('SKEP_ATTACH', `no tracepoint ${category}:${name} on this kernel`);
  const attr = emptyAttr(PERF_TYPE_TRACEPOINT);
  attr.setBigUint64(CONFIG, BigInt(readFileSync(file, 'utf8').trim()), true);
  return attach(program, attr, -1, 0, `${category}:${name}`);
}

/** Attach a loaded raw tracepoint program. @throws SkepError SKEP_ATTACH when there is no such tracepoint. */
export function attachRawTracepoint(program: number, name: string): FdLink {
  return opened(libbpf().bpf_raw_tracepoint_open(name, program), name);
}

/** Attach a loaded `tracing` or `lsm` program to the function it was loaded for. */
export function attachToTarget(program: number, target: string): FdLink {
  return opened(libbpf().bpf_raw_tracepoint_open(null, program), target);
}

/** Run a loaded perf_event program for every sample; one link per CPU. @throws SkepError SKEP_ATTACH. */
export function attachPerfSample(program: number, sample: PerfSample): FdLink[] {
  const { type, config, name = `${type}:${config}`, period = 0, frequency = 0, pid } = sample;
  const attr = emptyAttr(type);
  attr.setBigUint64(CONFIG, config, true);
  attr.setBigUint64(PERIOD, BigInt(frequency || period), true);
  if (frequency > 0) attr.setBigUint64(FLAGS, FLAG_FREQ, true);
  const cpus = sample.cpu !== undefined ? [sample.cpu] : pid !== undefined ? [-1] : onlineCpus();
  const links: FdLink[] = [];
  try {
    for (const cpu of cpus) links.push(attach(program, attr, pid ?? -1, cpu, `perf event ${name}`));
  } catch (error) {
    for (const link of links) link.destroy();
    throw error;
  }
  return links;
}

function emptyAttr(type: number): DataView<ArrayBuffer> {
  const attr = new DataView(new ArrayBuffer(ATTR_SIZE));
  attr.setUint32(0, type, true);
  attr.setUint32(4, ATTR_SIZE, true);
  return attr;
}

const PMUS = '/sys/bus/event_source/devices';

/** Bits 32 and on of a user probe's config are the place of its semaphore. */
function probeAttr(pmu: 'kprobe' | 'uprobe', isReturn: boolean, semaphore: bigint): DataView<ArrayBuffer> {
  const folder = join(PMUS, pmu);
  if (!existsSync(folder)) {
    const what = pmu === 'kprobe' ? 'kprobes (CONFIG_KPROBE_EVENTS)' : 'user probes (CONFIG_UPROBE_EVENTS)';
    throw new SkepError('SKEP_ATTACH', `this kernel has no ${what}`);
  }
  const attr = emptyAttr(Number(readFileSync(join(folder, 'type'), 'utf8')));
  const bit = BigInt(/config:(\d+)/.exec(readFileSync(join(folder, 'format/retprobe'), 'utf8'))?.[1] ?? 0);
  attr.setBigUint64(CONFIG, (isReturn ? 1n << bit : 0n) | (semaphore << 32n), true);
  return attr;
}

function attach(program: number, attr: DataView<ArrayBuffer>, pid: number, cpu: number, target: string): FdLink {
  const link = opened(perfEventOpen(new Uint8Array(attr.buffer), pid, cpu), target);
  if (setPerfProgram(link.fd, program) < 0 || enablePerfEvent(link.fd) < 0) {
    const code = errno();
    link.destroy();
    throw refused(code, target);
  }
  return link;
}

/** libbpf gives a negative errno, perf_event_open(2) -1 and errno. */
function opened(fd: number, target: string): FdLink {
  if (fd >= 0) return new FdLink(fd);
  throw refused(fd === -1 ? errno() : -fd, target);
}

function refused(code: number, target: string): SkepError {
  const isPermission = code === EPERM || code === EACCES;
  return new SkepError(
    isPermission ? 'SKEP_PERMISSION' : 'SKEP_ATTACH',
    `cannot attach to ${target}: ${describeErrno(code)}`,
    isPermission ? 'run as root, or grant CAP_PERFMON' : '',
  );
}
