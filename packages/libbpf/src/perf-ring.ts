import { type BatchBuilder, type Decoder, type KernelMemory, kernelMemory, SkepError } from '@skep/core';

/** Record types of `enum perf_event_type`. */
const PERF_RECORD_LOST = 2;
const PERF_RECORD_SAMPLE = 9;
/** Header, and the u32 that says how long the raw data is. */
const RAW_AT = 12;

/** One CPU's perf buffer as JavaScript sees it; a test puts plain memory here. */
export interface PerfMemory {
  /** data_head of the control page: where the kernel writes next; only grows. */
  readonly head: BigUint64Array;
  /** data_tail: where we read next. */
  readonly tail: BigUint64Array;
  readonly data: KernelMemory;
  /** A power of two. */
  readonly size: number;
}

/**
 * Reads the samples of one CPU's perf buffer straight from its mapped pages.
 *
 * Records are a header (u32 type, u16 misc, u16 size) and a body; a sample's body is a u32 length and the bytes that
 * bpf_perf_event_output() sent. A record may wrap at the end of the pages: that one is copied to be read.
 * @see perf_event_open(2), "MMAP layout"
 */
export class PerfRing {
  /** Samples that the kernel had no room for, by its own count. */
  lost = 0n;
  private readonly memory: PerfMemory;
  private readonly decoder: Decoder;
  private readonly smallest: number;
  private starts = new Uint32Array(0);
  private ends = new Uint32Array(0);

  /** @param smallest bytes of the shortest sample that the decoder can take */
  constructor(memory: PerfMemory, decoder: Decoder, smallest: number) {
    this.memory = memory;
    this.decoder = decoder;
    this.smallest = smallest;
  }

  /**
   * Add the samples there are to `into`, at most `into.room` rows. Never waits; the columns are copies.
   *
   * @throws SkepError SKEP_RING_CORRUPT when a record makes no sense; the buffer cannot be used again.
   */
  drain(into: BatchBuilder): number {
    const { data, size, head, tail } = this.memory;
    const room = into.room;
    if (this.starts.length < room) {
      this.starts = new Uint32Array(room);
      this.ends = new Uint32Array(room);
    }
    const before = into.rows;
    // An acquire load: what the kernel wrote before it moved the head is complete.
    const end = Number(Atomics.load(head, 0));
    let position = Number(Atomics.load(tail, 0));
    let run = 0;
    const flush = () => {
      if (run > 0) this.decoder.decode(data, this.starts, this.ends, run, into);
      run = 0;
    };
    while (position < end && into.rows - before + run < room) {
      const at = position & (size - 1);
      const length = data.u16[((at + 6) & (size - 1)) >>> 1]!;
      if (length < 8 || position + length > end) throw corrupt(`a record of ${length} bytes`);
      const type = data.u32[at >>> 2]!;
      if (at + length <= size) {
        if (type === PERF_RECORD_SAMPLE) {
          const bytes = data.u32[(at + 8) >>> 2]!;
          this.check(bytes, length);
          this.starts[run] = at + RAW_AT;
          this.ends[run++] = at + RAW_AT + bytes;
        } else if (type === PERF_RECORD_LOST) this.countLost(data, at);
      } else {
        flush();
        this.wrapped(at, length, type, into);
      }
      position += length;
    }
    flush();
    Atomics.store(tail, 0, BigInt(position));
    return into.rows - before;
  }

  /** Samples that lie in the buffer, counted one by one; not for the hot path. */
  held(): bigint {
    const { data, size, head, tail } = this.memory;
    const end = Number(Atomics.load(head, 0));
    let held = 0n;
    for (let position = Number(Atomics.load(tail, 0)); position < end; ) {
      const at = position & (size - 1);
      const length = data.u16[((at + 6) & (size - 1)) >>> 1]!;
      if (length < 8) break;
      if (data.u32[at >>> 2] === PERF_RECORD_SAMPLE) held++;
      position += length;
    }
    return held;
  }

  private wrapped(at: number, length: number, type: number, into: BatchBuilder): void {
    const { u8 } = this.memory.data;
    const first = this.memory.size - at;
    const copy = new Uint8Array(Math.ceil(length / 8) * 8);
    copy.set(u8.subarray(at, at + first));
    copy.set(u8.subarray(0, length - first), first);
    const memory = kernelMemory(copy.buffer);
    if (type === PERF_RECORD_LOST) this.countLost(memory, 0);
    if (type !== PERF_RECORD_SAMPLE) return;
    const bytes = memory.u32[2]!;
    this.check(bytes, length);
    this.decoder.decode(memory, Uint32Array.of(RAW_AT), Uint32Array.of(RAW_AT + bytes), 1, into);
  }

  /** A lost record's body: u64 id, u64 count. */
  private countLost({ u32 }: KernelMemory, at: number): void {
    this.lost += BigInt(u32[(at + 16) >>> 2]!) | (BigInt(u32[(at + 20) >>> 2]!) << 32n);
  }

  private check(bytes: number, length: number): void {
    if (bytes < this.smallest || RAW_AT + bytes > length) throw corrupt(`a sample of ${bytes} bytes`);
  }
}

function corrupt(what: string): SkepError {
  return new SkepError(
    'SKEP_RING_CORRUPT',
    `the perf buffer is not as the kernel writes it: ${what}`,
    'please report it',
  );
}
