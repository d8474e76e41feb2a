import type { Batch } from '../batch.js';
import { append, appendByte } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import type { PreparedColumn } from './table-columns.js';
import type { LineWriter } from './table-line.js';

const QUOTE = 0x22;

/** A tool's own separated output (tcplife -s): values as in its table, unaligned, quoted as in CSV where necessary. */
export class DelimitedLines implements LineWriter {
  private readonly columns: readonly PreparedColumn[];
  private readonly separator: Uint8Array;

  constructor(columns: readonly PreparedColumn[], separator: Uint8Array) {
    this.columns = columns;
    this.separator = separator;
  }

  header(out: ByteBuffer): void {
    for (const [c, { header }] of this.columns.entries()) {
      if (c > 0) append(out, this.separator);
      const start = out.length;
      append(out, header);
      this.quote(out, start);
    }
    appendByte(out, 0x0a);
  }

  rows(batch: Batch, out: ByteBuffer): void {
    for (const { cell, index } of this.columns) cell.bind(batch.columns[index]!);
    for (let row = 0; row < batch.rows; row++) {
      for (const [c, { cell }] of this.columns.entries()) {
        if (c > 0) append(out, this.separator);
        const start = out.length;
        cell.write(out, row);
        this.quote(out, start);
      }
      appendByte(out, 0x0a);
    }
  }

  /** Put what was written from `start` on in quotes when it holds the separator's first byte or a quote. */
  private quote(out: ByteBuffer, start: number): void {
    const value = out.bytes.subarray(start, out.length);
    if (!value.includes(QUOTE) && !(this.separator.length > 0 && value.includes(this.separator[0]!))) return;
    const copy = value.slice();
    out.length = start;
    appendByte(out, QUOTE);
    for (const byte of copy) {
      if (byte === QUOTE) appendByte(out, QUOTE);
      appendByte(out, byte);
    }
    appendByte(out, QUOTE);
  }
}
