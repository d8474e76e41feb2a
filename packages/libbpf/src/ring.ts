import { type BatchBuilder, type Decoder, type KernelMemory, kernelMemory, SkepError } from '@skep/core';
import { describeErrno } from './errno.js';
import { errno, libc, mapMemory, PROT_READ, PROT_WRITE, pageSize, viewMemory } from './native/libc.js';

const BUSY = 0x80000000;
const DISCARD = 0x40000000;
const HEADER = 8;

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
  private starts = new Uint32Array(0);
  private ends = new Uint32Array(0);

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
    const { data, size, consumer, producer } = this.memory;
    const room = into.room;
    if (this.starts.length < room) {
      this.starts = new Uint32Array(room);
      this.ends = new Uint32Array(room);
    }
    const { starts, ends, smallest } = this;
    const headers = data.i32;
    const mask = size - 1;
    const end = Number(Atomics.load(producer, 0));
    const begin = Number(Atomics.load(consumer, 0));
    let position = begin;
    let rows = 0;
    while (position < end && rows < room) {
      const at = position & mask;
      // An acquire load: the bytes behind the header are complete once its busy bit is seen cleared.
      const header = Atomics.load(headers, at >>> 2);
      if (header & BUSY) break;
      const length = header & ~(BUSY | DISCARD);
      const total = (length + HEADER + 7) & ~7;
      if (position + total > end) throw corrupt(`a record of ${length} bytes runs past the producer's position`);
      if ((header & DISCARD) === 0) {
        if (length < smallest) throw corrupt(`a record of ${length} bytes is shorter than its type, ${smallest}`);
        starts[rows] = at + HEADER;
        ends[rows] = at + HEADER + length;
        rows++;
      }
      position += total;
    }
    if (rows > 0) this.decoder.decode(data, starts, ends, rows, into);
    if (position !== begin) Atomics.store(consumer, 0, BigInt(position));
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
