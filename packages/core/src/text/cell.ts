import type { BytesColumn, Column, NumberColumn, WideColumn } from '../batch.js';
import type { ByteBuffer } from './byte-buffer.js';

/** Writes the values of one column. One call per value, never one per byte. */
export interface Cell {
  /** Take the column of the batch to come; called once per batch. */
  bind(column: Column): void;
  /** Append the value of `row`; returns the characters appended (code points). */
  write(out: ByteBuffer, row: number): number;
}

const NO_WORDS = new Uint32Array();
const NO_INTS = new Int32Array();
const NO_BYTES = new Uint8Array();

/** Reads numbers of up to 32 bits. Each typed array has its own access site: one for all six costs 5 times more. */
export class NumberSource {
  private kind: 'u32' | 'i32' | 'narrow' = 'narrow';
  private u32: Uint32Array = NO_WORDS;
  private i32: Int32Array = NO_INTS;
  private narrow: NumberColumn['values'] = NO_BYTES;

  bind(column: Column): void {
    const { values } = column as NumberColumn;
    if (values instanceof Uint32Array) [this.kind, this.u32] = ['u32', values];
    else if (values instanceof Int32Array) [this.kind, this.i32] = ['i32', values];
    else [this.kind, this.narrow] = ['narrow', values];
  }

  at(row: number): number {
    if (this.kind === 'u32') return this.u32[row]!;
    if (this.kind === 'i32') return this.i32[row]!;
    return this.narrow[row]!;
  }
}

/** Reads 64-bit integers as words. */
export class WideSource {
  words: Uint32Array = NO_WORDS;

  bind(column: Column): void {
    this.words = (column as WideColumn).words;
  }
}

/** Reads texts: row r is `data[start(r) .. ends[r])`. */
export class BytesSource {
  data: Uint8Array = NO_BYTES;
  ends: Uint32Array = NO_WORDS;

  bind(column: Column): void {
    this.data = (column as BytesColumn).data;
    this.ends = (column as BytesColumn).ends;
  }

  start(row: number): number {
    return row === 0 ? 0 : this.ends[row - 1]!;
  }

  bytes(row: number): Uint8Array {
    return this.data.subarray(this.start(row), this.ends[row]!);
  }
}
