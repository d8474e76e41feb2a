import { readFileSync } from 'node:fs';

/** Most records that are staged at a time: they stay in the first-level cache while every column passes over them. */
const ROWS = 128; // as in columns.wasm.c
/** Bytes of records that are staged at a time, unless one alone has more. */
const ENOUGH = 64 * 1024;
/** More than columns.wasm.c reads and writes behind a text. */
const SLACK = 16;
const PAGE = 65_536;

/** What columns.wasm.c exports; `records` and `offset` say where the members lie, and all is in bytes. */
interface Copies {
  copy8(records: number, offset: number, rows: number): void;
  copy16(records: number, offset: number, rows: number): void;
  copy32(records: number, offset: number, rows: number): void;
  copy64(records: number, offset: number, rows: number): void;
  add64(records: number, offset: number, rows: number, low: number, high: number): void;
  bytes(records: number, offset: number, rows: number, size: number, to: number, before: number): number;
  texts(records: number, offset: number, rows: number, size: number, to: number, before: number): number;
}

interface Exports extends Copies {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly starts: { readonly value: number };
  readonly ends: { readonly value: number };
  readonly numbers: { readonly value: number };
  readonly text_ends: { readonly value: number };
  readonly __heap_base: { readonly value: number };
}

/** As much of it as is used here: Node's own types leave it to those of browsers. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

/**
 * Where records are put for WebAssembly to read, and columns are taken from: its own memory, since it sees no other.
 * What is taken is a view, valid until the next copy.
 */
export class Staging {
  readonly copies: Copies;
  private readonly wasm: Exports;
  /** Where the first of the staged records lies. */
  private readonly first: number;
  /** What a record's start is counted from. */
  private base = 0;
  private capacity = 0;
  private u8 = new Uint8Array(0);
  private starts = new Uint32Array(0);
  private ends = new Uint32Array(0);
  private textEnds = new Uint32Array(0);
  /** All of `numbers` in a width of so many bytes: most stagings are full, and a view costs as much as its column. */
  private whole: readonly Uint8Array[] = [];

  constructor() {
    this.wasm = new WebAssembly.Instance(code).exports as Exports;
    this.copies = this.wasm;
    this.first = this.wasm.__heap_base.value;
    this.reserve(ENOUGH);
  }

  /**
   * Stage records: `u8[starts[r] .. ends[r])` from row `from` on, before row `to`, as many as go at a time.
   * Returns how many: at least one.
   */
  load(u8: Uint8Array, starts: Uint32Array, ends: Uint32Array, from: number, to: number): number {
    const begin = starts[from]!;
    let end = ends[from]!;
    let bytes = end - begin;
    this.reserve(bytes);
    const most = Math.min(to, from + ROWS);
    let row = from + 1;
    for (; row < most; row++) {
      const [rowBegin, rowEnd] = [starts[row]!, ends[row]!];
      // Those that lie before the first one are for the next time, and some may lie in one place.
      bytes += rowEnd - rowBegin;
      if (rowBegin < begin || rowEnd - begin > this.capacity || bytes > this.capacity) break;
      if (rowEnd > end) end = rowEnd;
    }
    this.u8.set(u8.subarray(begin, end), this.first);
    this.starts.set(starts.subarray(from, row));
    this.ends.set(ends.subarray(from, row));
    this.base = this.first - begin;
    return row - from;
  }

  get records(): number {
    return this.base;
  }

  /** Where bytes go: they are no more than those of the records they come from. */
  get bytesAt(): number {
    return this.first + this.capacity + SLACK;
  }

  bytes(length: number): Uint8Array {
    return this.u8.subarray(this.bytesAt, this.bytesAt + length);
  }

  bytesEnds(rows: number): Uint32Array {
    return rows === ROWS ? this.textEnds : this.textEnds.subarray(0, rows);
  }

  /** Numbers of `size` bytes each, as bytes. */
  numbers(rows: number, size: number): Uint8Array {
    const whole = this.whole[size]!;
    return rows === ROWS ? whole : whole.subarray(0, rows * size);
  }

  private reserve(bytes: number): void {
    if (bytes <= this.capacity) return;
    const { memory, starts, ends, numbers, text_ends } = this.wasm;
    const missing = this.first + 2 * (bytes + SLACK) - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    this.capacity = bytes;
    this.u8 = new Uint8Array(memory.buffer);
    this.starts = new Uint32Array(memory.buffer, starts.value, ROWS);
    this.ends = new Uint32Array(memory.buffer, ends.value, ROWS);
    this.textEnds = new Uint32Array(memory.buffer, text_ends.value, ROWS);
    this.whole = Array.from({ length: 9 }, (_, size) => new Uint8Array(memory.buffer, numbers.value, ROWS * size));
  }
}

/** Read when skep starts: later it may have given up the right to. From src/ and dist/ alike. */
const code = new WebAssembly.Module(readFileSync(new URL('../dist/columns.wasm', import.meta.url)));
let shared: Staging | undefined;

/**
 * The staging of all decoders: each would have 10 GB of addresses reserved, and none keeps anything there between two
 * calls. Made when it is needed first.
 */
export function staging(): Staging {
  shared ??= new Staging();
  return shared;
}
