import type { Column, WideColumn } from '../batch.js';
import { appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { type Cell, NumberSource } from './cell.js';

/** An integer of up to 32 bits in octal, padded with zeros to `pad` digits; negative ones as their 32 bits. */
export class OctalCell implements Cell {
  private readonly source = new NumberSource();
  private readonly pad: number;

  constructor(pad: number) {
    this.pad = pad;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    const value = this.source.at(row) >>> 0;
    let digits = 1;
    for (let rest = value >>> 3; rest > 0; rest >>>= 3) digits++;
    digits = Math.max(digits, this.pad);
    out.ensure(digits);
    let at = (out.length += digits);
    for (let rest = value, i = 0; i < digits; i++, rest >>>= 3) out.bytes[--at] = 48 + (rest & 7);
    return digits;
  }
}

/** A 64-bit integer in octal. */
export class OctalWideCell implements Cell {
  private values: WideColumn['values'] = new BigUint64Array();
  private readonly pad: number;

  constructor(pad: number) {
    this.pad = pad;
  }

  bind(column: Column): void {
    this.values = (column as WideColumn).values;
  }

  write(out: ByteBuffer, row: number): number {
    const text = BigInt.asUintN(64, this.values[row]!).toString(8).padStart(this.pad, '0');
    appendText(out, text);
    return text.length;
  }
}
