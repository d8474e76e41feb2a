import type { Column } from '../batch.js';
import { append } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import type { Encoded } from './cached-cells.js';
import { BytesSource, type Cell, NumberSource, WideSource } from './cell.js';

/** Writes `text` in place of one value (0, no bytes, or `emptyIs`), and lets another cell write all others. */
export class EmptyCell implements Cell {
  private readonly inner: Cell;
  private readonly text: Encoded;
  private readonly low: number;
  private readonly high: number;
  private readonly number = new NumberSource();
  private readonly wide = new WideSource();
  private readonly bytes = new BytesSource();
  private kind: Column['kind'] = 'number';

  constructor(inner: Cell, text: Encoded, emptyIs: number) {
    this.inner = inner;
    this.text = text;
    const bits = BigInt.asUintN(64, BigInt(emptyIs));
    this.low = Number(bits & 0xffffffffn);
    this.high = Number(bits >> 32n);
  }

  bind(column: Column): void {
    this.inner.bind(column);
    this.kind = column.kind;
    if (column.kind === 'number') this.number.bind(column);
    else if (column.kind === 'wide') this.wide.bind(column);
    else this.bytes.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    if (!this.isEmpty(row)) return this.inner.write(out, row);
    append(out, this.text.bytes);
    return this.text.characters;
  }

  private isEmpty(row: number): boolean {
    if (this.kind === 'number') return this.number.at(row) >>> 0 === this.low;
    if (this.kind === 'bytes') return this.bytes.start(row) === this.bytes.ends[row];
    const { words } = this.wide;
    return words[row * 2] === this.low && words[row * 2 + 1] === this.high;
  }
}
