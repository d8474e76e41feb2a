import { type BatchBuilder, type Decoder, type KernelMemory, kernelMemory, SkepError } from '@skep/core';
import { describeErrno } from './errno.js';
import { errno, libc, mapMemory, PROT_READ, PROT_WRITE, pageSize, viewMemory } from './native/libc.js';

const BUSY = 0x80000000;
const DISCARD = 0x40000000;
const HEADER = 8;
/** Records decoded at a time: their bytes stay in the first-level cache while every column passes over them. */
const CHUNK = 128;

/**
 * An acquire load: the bytes behind a header are complete once its busy bit is seen cleared. x86-64 loads in the order of
 * the program (Intel SDM 3A, 9.2.2), and there a call of Atomics.load() took half the time of a pass over the headers.
 */
const loadHeader =
  process.arch === 'x64'
    ? (headers: Int32Array, index: number): number => headers[index]!
    : (headers: Int32Array, index: number): number => Atomics.load(headers, index);

/** The pages of a ring as JavaScript sees them; a test puts plain memory here. */
export interface RingMemory {
  /** Byte 0: position of the consumer, which is ours to write. */
  readonly consumer: BigUint64Array;
  /** Byte 0: position of the producer. */
  readonly producer: BigUint64Array;
  /** The data, twice in a row, so that no record wraps. */
  readonly data: KernelMemory;
  readonly size: number;
}

/**
 * Reads the records of one ring buffer straight from its mapped pages: no system call and no FFI call per event.
 *
 * A record is an 8-byte header (length with a busy and a discard bit, page offset) and a body padded to 8 bytes.
 * @see https://docs.kernel.org/bpf/ringbuf.html (Linux 5.8)
 */
export class RingReader {
  private readonly memory: RingMemory;
  private readonly decoder: Decoder;
  private readonly smallest: number;
  private readonly starts = new Uint32Array(CHUNK);
  private readonly ends = new Uint32Array(CHUNK);
  private reached = 0;

  /** @param smallest bytes of the shortest record that the decoder can take */
  constructor(memory: RingMemory, decoder: Decoder, smallest: number) {
    this.memory = memory;
    this.decoder = decoder;
    this.smallest = smallest;
  }

  /**
   * Add the records the ring holds to `into`, at most `into.room` rows; 0 when there is nothing new. Never waits.
   *
   * Reading stops at the first record still being written. The columns of `into` are copies: nothing refers to the
   * ring once this returns.
   *
   * @throws SkepError SKEP_RING_CORRUPT when a length makes no sense; the ring cannot be used again.
   */
  drain(into: BatchBuilder): number {
    const { data, consumer, producer, size } = this.memory;
    const begin = Atomics.load(consumer, 0);
    // Offsets from here on, not positions: those are beyond 32 bits, where every step of a loop takes twice as long.
    const first = Number(begin) & (size - 1);
    const end = first + Number(Atomics.load(producer, 0) - begin);
    const room = into.room;
    let at = first;
    let rows = 0;
    while (at < end && rows < room) {
      const found = this.find(at, end, Math.min(CHUNK, room - rows));
      if (found > 0) this.decoder.decode(data, this.starts, this.ends, found, into);
      rows += found;
      if (this.reached === at) break;
      at = this.reached;
    }
    if (at !== first) Atomics.store(consumer, 0, begin + BigInt(at - first));
    return rows;
  }

  /**
   * Note where up to `most` records from offset `at` on lie in `starts` and `ends`, and in `reached` how far they go.
   * Returns how many; discarded records are passed over. The data being mapped twice, offsets go on past the ring's end.
   */
  private find(at: number, end: number, most: number): number {
    const { starts, ends, smallest } = this;
    const headers = this.memory.data.i32;
    let rows = 0;
    while (at < end && rows < most) {
      const header = loadHeader(headers, at >> 2);
      if (header < 0) break; // busy
      const length = header & ~DISCARD;
      const total = (length + HEADER + 7) & ~7;
      if (at + total > end) throw corrupt(`a record of ${length} bytes runs past the producer's position`);
      if ((header & DISCARD) === 0) {
        if (length < smallest) throw corrupt(`a record of ${length} bytes is shorter than its type, ${smallest}`);
        starts[rows] = at + HEADER;
        ends[rows] = at + HEADER + length;
        rows++;
      }
      at += total;
    }
    this.reached = at;
    return rows;
  }

  /** Records between the consumer's and the producer's position, counted one by one; not for the hot path. */
  held(): bigint {
    const { data, size, consumer, producer } = this.memory;
    const end = Number(Atomics.load(producer, 0));
    let held = 0n;
    for (let position = Number(Atomics.load(consumer, 0)); position < end; ) {
      const header = Atomics.load(data.i32, (position & (size - 1)) >>> 2);
      if ((header & DISCARD) === 0) held++;
      position += ((header & ~(BUSY | DISCARD)) + HEADER + 7) & ~7;
    }
    return held;
  }
}

function corrupt(what: string): SkepError {
  return new SkepError(
    'SKEP_RING_CORRUPT',
    `the ring buffer is not as the kernel writes it: ${what}`,
    'please report it',
  );
}

/** The pages of the ring `fd`, mapped; `unmap` gives them back, after which nothing may read `memory`. */
export function mapRing(fd: number, size: number): { readonly memory: RingMemory; unmap(): void } {
  const page = pageSize();
  const consumer = mapMemory(fd, page, PROT_READ | PROT_WRITE, 0);
  const producer = consumer === undefined ? undefined : mapMemory(fd, page + size * 2, PROT_READ, page);
  if (consumer === undefined || producer === undefined) {
    throw new SkepError('SKEP_ATTACH', `cannot map a ring buffer of ${size} bytes: ${describeErrno(errno())}`);
  }
  const memory: RingMemory = {
    consumer: new BigUint64Array(viewMemory(consumer, page), 0, 1),
    producer: new BigUint64Array(viewMemory(producer, page), 0, 1),
    data: kernelMemory(viewMemory(producer + BigInt(page), size * 2)),
    size,
  };
  return {
    memory,
    unmap() {
      libc().munmap(consumer, page);
      libc().munmap(producer, page + size * 2);
    },
  };
}
