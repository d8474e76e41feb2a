import type { Batch } from '../batch.js';
import { meanings as builtin } from '../meanings/index.js';
import type { Schema } from '../schema.js';
import { append, appendByte, encode } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import type { Cell } from './cell.js';
import { findField } from './fields.js';
import { tableCell } from './table-cell.js';
import type { LineWriter } from './table-line.js';
import { visibleText } from './visible.js';
import type { WriterOptions } from './writer-options.js';

interface Part {
  readonly cell: Cell;
  readonly index: number;
  /** What follows the value. */
  readonly after: Uint8Array;
}

/** A line per row from a template such as `avg = {avg} usecs, count: {count}`; there is no header. */
export class TemplateLines implements LineWriter {
  private readonly before: Uint8Array;
  private readonly parts: readonly Part[];

  /** @throws SkepError SKEP_OPTION when the template names a field the schema does not have. */
  constructor(schema: Schema, template: string, { meanings = builtin }: WriterOptions) {
    // With a group in the pattern, names and the texts between them alternate.
    const [before = '', ...rest] = template.split(/\{(\w+)\}/);
    this.before = encode(visibleLine(before));
    this.parts = rest.flatMap((name, i) => {
      if (i % 2 === 1) return [];
      const { field, index } = findField(schema, name);
      const column = schema.layout.columns.find((other) => other.field === name) ?? { field: name };
      return [{ cell: tableCell(field, column, meanings), index, after: encode(visibleLine(rest[i + 1]!)) }];
    });
  }

  header(): void {}

  rows(batch: Batch, out: ByteBuffer): void {
    this.bind(batch);
    for (let row = 0; row < batch.rows; row++) this.row(out, row);
  }

  /** Look at these columns from now on. */
  bind(batch: Batch): void {
    for (const { cell, index } of this.parts) cell.bind(batch.columns[index]!);
  }

  /** The line of one row, after `bind`. */
  row(out: ByteBuffer, row: number): void {
    append(out, this.before);
    for (const { cell, after } of this.parts) {
      cell.write(out, row);
      append(out, after);
    }
    appendByte(out, 0x0a);
  }
}

/** Tabs are the author's own: BCC's tools indent by them. */
function visibleLine(text: string): string {
  return text.split('\t').map(visibleText).join('\t');
}
