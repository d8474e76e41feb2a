import type { Column } from '../batch.js';
import { framesList } from '../meanings/frames.js';
import { append, appendByte, encode } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { BytesSource, type Cell } from './cell.js';
import { tableStyle } from './table-style.js';

/** A stack as lines of its own, innermost frame first: what stands below a row, or above a count. */
export class StackLines implements Cell {
  private readonly source = new BytesSource();
  private readonly indent: Uint8Array;

  constructor(indent: number) {
    this.indent = encode(' '.repeat(indent));
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    const frames = framesList(this.source.bytes(row));
    for (let i = frames.length - 1; i >= 0; i--) {
      append(out, this.indent);
      tableStyle.text(out, frames[i]!, 0, frames[i]!.length);
      appendByte(out, 0x0a);
    }
    return 0;
  }
}
