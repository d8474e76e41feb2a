import { CutOffError, DwarfError } from './dwarf-error.js';

/** Longest encoding of a number of 64 bits in groups of seven. */
const MAX_LEB = 10;

/** Reads numbers one behind the other; nothing before or behind `bytes` is ever read. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
    this.at = at;
  }

  /** Where `length` bytes lie that are passed over. @throws CutOffError when there are fewer. */
  skip(length: number): number {
    const from = this.at;
    const to = from + length;
    // Also for what is no number.
    if (!(to <= this.end)) throw new CutOffError('it ends too early');
    this.at = to;
    return from;
  }

  u8(): number {
    if (this.at >= this.end) throw new CutOffError('it ends too early');
    return this.bytes[this.at++]!;
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  u24(): number {
    const at = this.skip(3);
    return this.view.getUint16(at, true) | (this.bytes[at + 2]! << 16);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** Those beyond 2^53, which are no places in a file or program, lose their last bits. */
  u64(): number {
    const at = this.skip(8);
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
  }

  uleb(): number {
    const first = this.u8();
    // Most are this short, and most files are read before the compiler has warmed up.
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 128;
    for (let i = 1; i < MAX_LEB; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new DwarfError('a number is too long');
  }

  sleb(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_LEB; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    throw new DwarfError('a number is too long');
  }

  /** Passes over a text and the NUL behind it. */
  skipText(): void {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new CutOffError('it ends too early');
    this.at = end + 1;
  }
}
