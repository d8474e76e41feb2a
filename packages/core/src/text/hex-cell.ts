import type { Column, WideColumn } from '../batch.js';
import { appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import type { Cell } from './cell.js';

/** A 64-bit integer in hexadecimal, without a prefix, as C's %x. */
export class HexCell implements Cell {
  private values: WideColumn['values'] = new BigUint64Array();

  bind(column: Column): void {
    this.values = (column as WideColumn).values;
  }

  write(out: ByteBuffer, row: number): number {
    const text = BigInt.asUintN(64, this.values[row]!).toString(16);
    appendText(out, text);
    return text.length;
  }
}
