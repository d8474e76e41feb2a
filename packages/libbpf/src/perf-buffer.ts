import { type BatchBuilder, type Decoder, kernelMemory, SkepError } from '@skep/core';
import { describeErrno } from './errno.js';
import type { KernelMap } from './map.js';
import {
  enablePerfEvent,
  errno,
  libc,
  mapMemory,
  PROT_READ,
  PROT_WRITE,
  pageSize,
  perfEventOpen,
  viewMemory,
} from './native/libc.js';
import { onlineCpus } from './perf-event.js';
import { PerfRing } from './perf-ring.js';

const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_BPF_OUTPUT = 10n;
const PERF_SAMPLE_RAW = 1n << 10n;
const FLAG_WATERMARK = 1n << 14n;
/** Offsets in the control page, `struct perf_event_mmap_page`. */
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;

interface CpuBuffer {
  readonly fd: number;
  readonly ring: PerfRing;
  readonly address: bigint;
  readonly length: number;
}

/**
 * The perf buffers behind a BPF_MAP_TYPE_PERF_EVENT_ARRAY, one per online CPU. Order holds within a CPU only. The
 * kernel wakes user space when a buffer is half full, or for each sample; `fds` are what to wait for.
 */
export class PerfBuffer {
  private readonly buffers: CpuBuffer[] = [];

  /**
   * @param pages pages per CPU, a power of two
   * @param isPrompt wake user space for each sample
   * @throws SkepError SKEP_ATTACH when a buffer cannot be made.
   */
  constructor(map: KernelMap, decoder: Decoder, smallest: number, pages: number, isPrompt = false) {
    try {
      for (const cpu of onlineCpus()) this.buffers.push(openCpu(map, cpu, decoder, smallest, pages, isPrompt));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fds(): readonly number[] {
    return this.buffers.map(({ fd }) => fd);
  }

  /** Samples that found no room, counted by the kernel and told with the next sample that does. */
  get lost(): bigint {
    return this.buffers.reduce((total, { ring }) => total + ring.lost, 0n);
  }

  /** Samples that lie in the buffers. */
  held(): bigint {
    return this.buffers.reduce((total, { ring }) => total + ring.held(), 0n);
  }

  /** Add what the buffers hold to `into`, at most `into.room` rows, CPU by CPU. Never waits. */
  drain(into: BatchBuilder): number {
    let rows = 0;
    for (const { ring } of this.buffers) if (into.room > 0) rows += ring.drain(into);
    return rows;
  }

  close(): void {
    for (const { fd, address, length } of this.buffers.splice(0)) {
      libc().munmap(address, length);
      libc().close(fd);
    }
  }
}

function openCpu(
  map: KernelMap,
  cpu: number,
  decoder: Decoder,
  smallest: number,
  pages: number,
  isPrompt: boolean,
): CpuBuffer {
  const page = pageSize();
  const fd = perfEventOpen(outputAttr(isPrompt ? 1 : (pages * page) / 2), -1, cpu);
  const failed = (what: string) => {
    const code = errno();
    if (fd >= 0) libc().close(fd);
    return new SkepError('SKEP_ATTACH', `perf buffer of CPU ${cpu}: ${what}: ${describeErrno(code)}`);
  };
  if (fd < 0) throw failed('perf_event_open');
  const length = (pages + 1) * page;
  const address = mapMemory(fd, length, PROT_READ | PROT_WRITE, 0);
  if (address === undefined) throw failed(`cannot map ${pages} pages`);
  map.update(new Uint8Array(Uint32Array.of(cpu).buffer), new Uint8Array(Uint32Array.of(fd).buffer));
  if (enablePerfEvent(fd) < 0) throw failed('cannot enable it');
  const control = viewMemory(address, page);
  const memory = {
    head: new BigUint64Array(control, DATA_HEAD, 1),
    tail: new BigUint64Array(control, DATA_TAIL, 1),
    data: kernelMemory(viewMemory(address + BigInt(page), pages * page)),
    size: pages * page,
  };
  return { fd, ring: new PerfRing(memory, decoder, smallest), address, length };
}

/** `struct perf_event_attr` of a BPF output event that wakes at `watermark` bytes. */
function outputAttr(watermark: number): Uint8Array {
  const attr = new Uint8Array(128);
  const view = new DataView(attr.buffer);
  view.setUint32(0, PERF_TYPE_SOFTWARE, true);
  view.setUint32(4, attr.length, true);
  view.setBigUint64(8, PERF_COUNT_SW_BPF_OUTPUT, true);
  view.setBigUint64(16, 1n, true);
  view.setBigUint64(24, PERF_SAMPLE_RAW, true);
  view.setBigUint64(40, FLAG_WATERMARK, true);
  view.setUint32(48, watermark, true);
  return attr;
}
