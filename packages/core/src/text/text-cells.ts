import type { Column } from '../batch.js';
import type { ByteBuffer } from './byte-buffer.js';
import { BytesSource, type Cell } from './cell.js';
import type { TextStyle } from './style.js';

/** A text: comm, path, host name. */
export class TextCell implements Cell {
  private readonly source = new BytesSource();
  private readonly style: TextStyle;

  constructor(style: TextStyle) {
    this.style = style;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    const { source } = this;
    return this.style.text(out, source.data, source.start(row), source.ends[row]!);
  }
}

/** A list of texts: an argument vector. */
export class ListCell implements Cell {
  private readonly source = new BytesSource();
  private readonly style: TextStyle;
  private readonly split: (value: Uint8Array) => readonly Uint8Array[];

  constructor(style: TextStyle, split: (value: Uint8Array) => readonly Uint8Array[]) {
    this.style = style;
    this.split = split;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    return this.style.list(out, this.split(this.source.bytes(row)));
  }
}
