import { ENTRY_HEAD_BYTES, type EntryKind } from './format.js';

/** Entries of the block that is being filled, in memory that grows and is used again. */
export class EntryBuffer {
  private data = Buffer.alloc(64 * 1024);
  private end = 0;
  private start = 0;

  get bytes(): number {
    return this.end;
  }

  /** Begin an entry; `finish` closes it. */
  begin(kind: EntryKind, stream: number, timeMs: number): void {
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
  }

  /** A copy of everything so far; the buffer is empty afterwards. */
  take(): Buffer {
    const taken = Buffer.from(this.data.subarray(0, this.end));
    this.end = 0;
    return taken;
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.data.length) return;
    const grown = Buffer.alloc(Math.max(this.end + bytes, this.data.length * 2));
    this.data.copy(grown, 0, 0, this.end);
    this.data = grown;
  }
}
