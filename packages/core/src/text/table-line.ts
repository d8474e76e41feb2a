import type { Batch } from '../batch.js';
import { append, appendByte } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import type { PreparedColumn } from './table-columns.js';

const BLANK = 0x20;

/** Writes the lines of a table: one blank between columns, widths as printf's, nothing after the last character. */
export interface LineWriter {
  header(out: ByteBuffer): void;
  rows(batch: Batch, out: ByteBuffer): void;
}

/** Columns padded to their widths; a value that is too long is whole, and shifts the rest of its line. */
export class AlignedLines implements LineWriter {
  private readonly columns: readonly PreparedColumn[];
  private readonly below: readonly PreparedColumn[];

  constructor(columns: readonly PreparedColumn[]) {
    this.columns = columns.filter(({ isBelow }) => !isBelow);
    this.below = columns.filter(({ isBelow }) => isBelow);
  }

  header(out: ByteBuffer): void {
    let end = out.length;
    for (const [c, { header, headerCharacters, width, left, max }] of this.columns.entries()) {
      if (c > 0) appendByte(out, BLANK);
      const start = out.length;
      append(out, header);
      end = place(out, start, headerCharacters, width, left, max, end);
    }
    out.length = end;
    appendByte(out, 0x0a);
  }

  rows(batch: Batch, out: ByteBuffer): void {
    const { columns, below } = this;
    const count = columns.length;
    for (const { cell, index } of columns) cell.bind(batch.columns[index]!);
    for (const { cell, index } of below) cell.bind(batch.columns[index]!);
    for (let row = 0; row < batch.rows; row++) {
      let end = out.length;
      for (let c = 0; c < count; c++) {
        const { cell, width, left, max } = columns[c]!;
        if (c > 0) {
          out.ensure(1);
          out.bytes[out.length++] = BLANK;
        }
        const start = out.length;
        end = place(out, start, cell.write(out, row), width, left, max, end);
      }
      out.length = end;
      out.ensure(1);
      out.bytes[out.length++] = 0x0a;
      for (const { cell } of below) cell.write(out, row);
    }
  }
}

/**
 * Cut to `max` and pad to `width` the value that begins at `start`. Returns where the line's text ends so far: blanks
 * written as padding after it are taken back at the end of the line, blanks of the data are not.
 */
function place(
  out: ByteBuffer,
  start: number,
  characters: number,
  width: number,
  left: boolean,
  max: number,
  end: number,
): number {
  if (characters > max) {
    cut(out, start, max);
    characters = max;
  }
  const empty = out.length === start;
  if (characters >= width) return empty ? end : out.length;
  const pad = width - characters;
  out.ensure(pad);
  const { bytes } = out;
  const valueEnd = out.length;
  if (left) {
    for (let i = 0; i < pad; i++) bytes[valueEnd + i] = BLANK;
  } else {
    for (let i = valueEnd - 1; i >= start; i--) bytes[i + pad] = bytes[i]!;
    for (let i = 0; i < pad; i++) bytes[start + i] = BLANK;
  }
  out.length = valueEnd + pad;
  return empty ? end : left ? valueEnd : out.length;
}

function cut(out: ByteBuffer, start: number, max: number): void {
  let i = start;
  for (let left = max; i < out.length; i++) if ((out.bytes[i]! & 0xc0) !== 0x80 && left-- === 0) break;
  out.length = i;
}
