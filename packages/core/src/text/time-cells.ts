import type { Column } from '../batch.js';
import { encode } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { type Cell, WideSource } from './cell.js';
import { billionsOf, putNine, restOf } from './digits.js';

/** Seconds with a text of their own: it is made when the second changes, not per row. */
class SecondText {
  private second = -1;
  private bytes: Uint8Array = new Uint8Array();
  private readonly format: (date: Date) => string;

  constructor(format: (date: Date) => string) {
    this.format = format;
  }

  put(to: Uint8Array, at: number, second: number): number {
    if (second !== this.second) {
      this.second = second;
      this.bytes = encode(this.format(new Date(second * 1000)));
    }
    const { bytes } = this;
    for (let i = 0; i < bytes.length; i++) to[at++] = bytes[i]!;
    return at;
  }
}

/** `HH:MM:SS` in local time, as BCC's tools print it. */
export function clockText(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A time in nanoseconds since the epoch (u64) as ISO 8601 in UTC with nine decimals, with or without quotes. */
export class IsoCell implements Cell {
  private readonly source = new WideSource();
  private readonly seconds: SecondText;
  private readonly quote: boolean;

  constructor(quote: boolean) {
    this.quote = quote;
    this.seconds = new SecondText((date) => `${quote ? '"' : ''}${date.toISOString().slice(0, -4)}`);
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    out.ensure(34);
    const { words } = this.source;
    const low = words[row * 2]!;
    const second = billionsOf(low, words[row * 2 + 1]!);
    const to = out.bytes;
    let at = putNine(to, this.seconds.put(to, out.length, second), restOf(low, second));
    to[at++] = 0x5a;
    if (this.quote) to[at++] = 0x22;
    const characters = at - out.length;
    out.length = at;
    return characters;
  }
}

/** A time in nanoseconds since the epoch as `HH:MM:SS` in local time. */
export class ClockCell implements Cell {
  private readonly source = new WideSource();
  private readonly seconds = new SecondText(clockText);

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    out.ensure(8);
    const { words } = this.source;
    out.length = this.seconds.put(out.bytes, out.length, billionsOf(words[row * 2]!, words[row * 2 + 1]!));
    return 8;
  }
}
