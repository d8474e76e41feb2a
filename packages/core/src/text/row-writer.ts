import type { Batch } from '../batch.js';
import { append } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import type { Cell } from './cell.js';
import type { BatchWriter } from './writer.js';

/** The parts a line is put together from. */
export interface RowParts {
  /** Written once, before everything. */
  readonly header: Uint8Array;
  /** Before the value of each cell: what begins the line, a key, a separator. */
  readonly prefixes: readonly Uint8Array[];
  readonly cells: readonly Cell[];
  /** Column of each cell in the batch. */
  readonly indexes: readonly number[];
  /** What ends a line, the line feed included. */
  readonly end: Uint8Array;
  /** The same for rows of a snapshot that is not complete. */
  readonly endIncomplete: Uint8Array;
}

/** Writes one line per row: prefix, value, prefix, value, end. JSON, CSV and logfmt differ only in the parts. */
export class RowWriter implements BatchWriter {
  private readonly parts: RowParts;

  constructor(parts: RowParts) {
    this.parts = parts;
  }

  begin(out: ByteBuffer): void {
    append(out, this.parts.header);
  }

  write(batch: Batch, out: ByteBuffer): void {
    const { prefixes, cells, indexes } = this.parts;
    const end = batch.snapshot?.complete === false ? this.parts.endIncomplete : this.parts.end;
    const count = cells.length;
    for (let c = 0; c < count; c++) cells[c]!.bind(batch.columns[indexes[c]!]!);
    for (let row = 0; row < batch.rows; row++) {
      for (let c = 0; c < count; c++) {
        append(out, prefixes[c]!);
        cells[c]!.write(out, row);
      }
      append(out, end);
    }
  }
}
