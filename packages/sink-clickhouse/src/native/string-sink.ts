import { GrowingBytes } from './growing.js';
import type { TextSink } from './text-sink.js';
import { putVaruint } from './varuint.js';

/** From this length on a native copy costs less than a loop. */
const LONG = 64;
const LENGTH_BYTES = 5;

/** `String`: a length and the bytes of each row. */
export class StringSink implements TextSink {
  readonly prefix = [];
  private readonly out = new GrowingBytes();

  get bytes(): number {
    return this.out.length;
  }

  putAll(data: Uint8Array, ends: Uint32Array, rows: number): void {
    const total = rows === 0 ? 0 : ends[rows - 1]!;
    const out = this.out.reserve(total + rows * LENGTH_BYTES);
    let at = this.out.length;
    let start = 0;
    for (let r = 0; r < rows; r++) {
      const end = ends[r]!;
      at = putString(out, at, data, start, end);
      start = end;
    }
    this.out.length = at;
  }

  put(data: Uint8Array, start: number, end: number): void {
    const out = this.out.reserve(end - start + LENGTH_BYTES);
    this.out.length = putString(out, this.out.length, data, start, end);
  }

  repeat(value: Uint8Array, rows: number): void {
    const out = this.out.reserve(rows * (value.length + LENGTH_BYTES));
    let at = this.out.length;
    for (let r = 0; r < rows; r++) at = putString(out, at, value, 0, value.length);
    this.out.length = at;
  }

  take(): Uint8Array[] {
    return [this.out.take()];
  }
}

function putString(out: Uint8Array, at: number, data: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let to = at;
  if (length < 0x80) out[to++] = length;
  else to = putVaruint(out, to, length);
  if (length >= LONG) {
    out.set(data.subarray(start, end), to);
    return to + length;
  }
  for (let from = start; from < end; from++) out[to++] = data[from]!;
  return to;
}
