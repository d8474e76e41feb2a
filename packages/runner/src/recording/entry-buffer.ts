import { BLOCK_BYTES, ENTRY_HEAD_BYTES, type EntryKind, type STACKS } from './format.js';

/** Entries of the blocks that are being filled, in memory that grows and is used again. */
export class EntryBuffer {
  private data = Buffer.alloc(64 * 1024);
  private end = 0;
  private start = 0;
  /** Where blocks end that are full. */
  private cuts: number[] = [];

  get bytes(): number {
    return this.end;
  }

  /** Begin an entry; `finish` closes it. */
  begin(kind: EntryKind | typeof STACKS, stream: number, timeMs: number): void {
    this.start = this.end;
    this.reserve(ENTRY_HEAD_BYTES);
    this.data.writeUInt8(kind, this.end + 4);
    this.data.writeUInt16LE(stream, this.end + 5);
    this.data.writeDoubleLE(timeMs, this.end + 7);
    this.end += ENTRY_HEAD_BYTES;
  }

  u32(value: number): void {
    this.reserve(4);
    this.end = this.data.writeUInt32LE(value, this.end);
  }

  u64(value: bigint): void {
    this.reserve(8);
    this.end = this.data.writeBigUInt64LE(BigInt.asUintN(64, value), this.end);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.data.set(bytes, this.end);
    this.end += bytes.length;
  }

  finish(): void {
    this.data.writeUInt32LE(this.end - this.start, this.start);
    if (this.end - (this.cuts.at(-1) ?? 0) >= BLOCK_BYTES) this.cuts.push(this.end);
  }

  /** Copies of everything so far, as the blocks it makes; the buffer is empty afterwards. */
  take(): Buffer[] {
    const ends = this.cuts.at(-1) === this.end ? this.cuts : [...this.cuts, this.end];
    const blocks = ends.map((end, i) => Buffer.from(this.data.subarray(ends[i - 1] ?? 0, end)));
    this.end = 0;
    this.cuts = [];
    return blocks.filter(({ length }) => length > 0);
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.data.length) return;
    const grown = Buffer.alloc(Math.max(this.end + bytes, this.data.length * 2));
    this.data.copy(grown, 0, 0, this.end);
    this.data = grown;
  }
}
