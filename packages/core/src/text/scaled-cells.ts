import type { Column, WideColumn } from '../batch.js';
import { appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { type Cell, NumberSource, WideSource } from './cell.js';
import { MAX_SCALED, putScaled, scaledText } from './fixed-point.js';

/** An integer of up to 32 bits divided by `divisor`, with `digits` decimals. */
export class ScaledNumberCell implements Cell {
  private readonly source = new NumberSource();
  private readonly divisor: number;
  private readonly digits: number;

  constructor(divisor: number, digits: number) {
    this.divisor = divisor;
    this.digits = digits;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    return appendScaled(out, this.source.at(row), this.divisor, this.digits);
  }
}

/** A 64-bit integer divided by `divisor`, with `digits` decimals: nanoseconds as milliseconds, bytes as KiB. */
export class ScaledWideCell implements Cell {
  private readonly source = new WideSource();
  private values: WideColumn['values'] = new BigUint64Array();
  private readonly divisor: number;
  private readonly digits: number;

  constructor(divisor: number, digits: number) {
    this.divisor = divisor;
    this.digits = digits;
  }

  bind(column: Column): void {
    this.source.bind(column);
    this.values = (column as WideColumn).values;
  }

  write(out: ByteBuffer, row: number): number {
    const { words } = this.source;
    const high = words[row * 2 + 1]!;
    if (high < 0x200000) return appendScaled(out, high * 4294967296 + words[row * 2]!, this.divisor, this.digits);
    const text = scaledText(this.values[row]!, BigInt(this.divisor), this.digits);
    appendText(out, text);
    return text.length;
  }
}

/** A time in nanoseconds since the epoch as seconds since the first row this cell wrote. */
export class SinceCell implements Cell {
  private readonly source = new WideSource();
  private readonly digits: number;
  private first: readonly [low: number, high: number] | undefined;

  constructor(digits: number) {
    this.digits = digits;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    const { words } = this.source;
    const low = words[row * 2]!;
    const high = words[row * 2 + 1]!;
    this.first ??= [low, high];
    // Exact up to 104 days: the difference of the words, not of the times, is taken in floating point.
    return appendScaled(out, (high - this.first[1]) * 4294967296 + (low - this.first[0]), 1e9, this.digits);
  }
}

/** Rows of several CPUs are not quite in order, so a difference may be negative. */
function appendScaled(out: ByteBuffer, value: number, divisor: number, digits: number): number {
  out.ensure(MAX_SCALED + 1);
  const start = out.length;
  let at = start;
  if (value < 0) {
    if (digits > 0 || -value >= divisor) out.bytes[at++] = 0x2d;
    value = -value;
  }
  out.length = putScaled(out.bytes, at, value, divisor, digits);
  return out.length - start;
}
