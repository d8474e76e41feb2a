import { kernelMemory } from '@skep/core';
import type { RingMemory } from '@skep/libbpf';

const BUSY = 0x80000000;
const DISCARD = 0x40000000;
const HEADER = 8;

export interface FakeRingOptions {
  /** Bytes of the ring, a power of two. Default: 4096. */
  readonly size?: number;
  /** Where consumer and producer stand at the beginning, a multiple of 8; beyond 2^32 for a ring that ran for long. */
  readonly position?: number;
}

export interface FakeRecordOptions {
  /** Reserved and not yet submitted. */
  readonly busy?: boolean;
  /** Discarded by its program. */
  readonly discarded?: boolean;
  /** What the header says, when it is not the record's length: for rings that are broken. */
  readonly length?: number;
}

/**
 * A ring buffer of the kernel made of plain memory: what `RingReader` reads, without a kernel.
 *
 * The data is there twice in a row as in the kernel's mapping, so that no record wraps for its reader.
 */
export class FakeRing {
  readonly memory: RingMemory;
  private readonly data: Uint8Array;
  private readonly view: DataView;

  constructor({ size = 4096, position = 0 }: FakeRingOptions = {}) {
    const buffer = new ArrayBuffer(size * 2);
    this.data = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    const at = BigInt(position);
    const [consumer, producer] = [BigUint64Array.of(at), BigUint64Array.of(at)];
    this.memory = { consumer, producer, data: kernelMemory(buffer), size };
  }

  get consumerPosition(): number {
    return Number(this.memory.consumer[0]);
  }

  get producerPosition(): number {
    return Number(this.memory.producer[0]);
  }

  /**
   * Put a record in as `bpf_ringbuf_output` does, and move the producer past it; returns its position.
   *
   * @throws RangeError when the ring is full: the kernel would have refused it.
   */
  push(record: Uint8Array, { busy, discarded, length = record.length }: FakeRecordOptions = {}): number {
    const { size } = this.memory;
    const position = this.producerPosition;
    const total = Math.ceil((record.length + HEADER) / 8) * 8;
    if (position + total - this.consumerPosition > size) throw new RangeError('the fake ring is full');
    this.header(position, length, { busy: busy ?? false, discarded: discarded ?? false });
    for (const [i, byte] of record.entries()) this.setByte(position + HEADER + i, byte);
    this.memory.producer[0] = BigInt(position + total);
    return position;
  }

  /** The program that held the record at `position` submits it. */
  submit(position: number): void {
    const header = this.view.getUint32(position & (this.memory.size - 1), true);
    this.header(position, (header & ~(BUSY | DISCARD)) >>> 0, { busy: false, discarded: false });
  }

  private header(position: number, length: number, { busy, discarded }: { busy: boolean; discarded: boolean }): void {
    const word = (length | (busy ? BUSY : 0) | (discarded ? DISCARD : 0)) >>> 0;
    for (let i = 0; i < 4; i++) this.setByte(position + i, (word >>> (i * 8)) & 0xff);
  }

  private setByte(position: number, byte: number): void {
    const at = position % this.memory.size;
    this.data[at] = byte;
    this.data[at + this.memory.size] = byte;
  }
}

/** A ring that holds these records, all submitted. */
export function fakeRing(records: readonly Uint8Array[], options: FakeRingOptions = {}): FakeRing {
  const ring = new FakeRing(options);
  for (const record of records) ring.push(record);
  return ring;
}
