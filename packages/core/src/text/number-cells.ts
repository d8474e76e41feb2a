import type { Column } from '../batch.js';
import { append, encode } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { type Cell, NumberSource, WideSource } from './cell.js';
import { MAX_DIGITS, putSignedWords, putUint32, putWords } from './digits.js';

/** An integer of up to 32 bits, in decimal. */
export class NumberCell implements Cell {
  private readonly source = new NumberSource();

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    out.ensure(MAX_DIGITS);
    const start = out.length;
    let value = this.source.at(row);
    let at = start;
    if (value < 0) {
      out.bytes[at++] = 0x2d;
      value = -value;
    }
    out.length = putUint32(out.bytes, at, value);
    return out.length - start;
  }
}

/** A 64-bit integer in decimal, all digits. */
export class WideCell implements Cell {
  private readonly source = new WideSource();
  private readonly put: typeof putWords;

  constructor(signed: boolean) {
    this.put = signed ? putSignedWords : putWords;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    out.ensure(MAX_DIGITS);
    const start = out.length;
    const { words } = this.source;
    out.length = this.put(out.bytes, start, words[row * 2]!, words[row * 2 + 1]!);
    return out.length - start;
  }
}

const TRUE = encode('true');
const FALSE = encode('false');

/** `true` or `false`. */
export class BoolCell implements Cell {
  private readonly source = new NumberSource();

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    const text = this.source.at(row) === 0 ? FALSE : TRUE;
    append(out, text);
    return text.length;
  }
}
