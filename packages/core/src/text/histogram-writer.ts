import { type Batch, type Column, valueAt } from '../batch.js';
import { meanings as builtin } from '../meanings/index.js';
import type { HistogramLayout, Schema } from '../schema.js';
import { appendByte, appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import type { Cell } from './cell.js';
import { findField } from './fields.js';
import { type Bucket, histogramLines } from './histogram-lines.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { tableCell } from './table-cell.js';
import { visibleText } from './visible.js';
import type { WriterOptions } from './writer-options.js';

interface Section {
  readonly index: number;
  readonly label: string;
  readonly cell: Cell;
}

/**
 * Histograms as BCC draws them, one for each combination of the section fields, in the order of the rows, which must
 * be sorted by their keys. Without headers the title line of each histogram is left out.
 */
export class HistogramWriter extends SnapshotWriter {
  private readonly low: number;
  private readonly high: number;
  private readonly count: number;
  private readonly unit: string;
  private readonly sections: readonly Section[];

  /** @throws SkepError SKEP_OPTION when the layout names a field the schema does not have. */
  constructor(schema: Schema, layout: HistogramLayout, options: WriterOptions = {}) {
    super(schema, options);
    const { meanings = builtin } = options;
    this.low = findField(schema, layout.low).index;
    this.high = findField(schema, layout.high).index;
    this.count = findField(schema, layout.count).index;
    this.unit = visibleText(layout.unit);
    this.sections = layout.sections.map((section) => {
      const { field, index } = findField(schema, section.field);
      const column = schema.layout.columns.find((other) => other.field === section.field) ?? { field: section.field };
      return { index, label: visibleText(section.label), cell: tableCell(field, column, meanings) };
    });
  }

  protected override rows(batch: Batch, out: ByteBuffer): void {
    const { columns } = batch;
    const sections = this.sections.map(({ index }) => columns[index]!);
    for (const { cell, index } of this.sections) cell.bind(columns[index]!);
    for (let from = 0, row = 1; row <= batch.rows; row++) {
      if (row < batch.rows && sections.every((column) => sameValue(column, from, row))) continue;
      this.histogram(batch, from, row, out);
      from = row;
    }
  }

  private histogram({ columns }: Batch, from: number, to: number, out: ByteBuffer): void {
    const buckets: Bucket[] = [];
    for (let row = from; row < to; row++) {
      const integer = (column: number) => BigInt(valueAt(columns[column]!, row) as number | bigint);
      buckets.push({ low: integer(this.low), high: integer(this.high), count: integer(this.count) });
    }
    const lines = histogramLines(buckets, this.unit, this.options.headers ?? true);
    if (lines.length === 0) return;
    this.writeSections(from, out);
    appendText(out, `${lines.join('\n')}\n`);
  }

  /** A blank line, then `label = value` for each section field; nothing when there are none. */
  private writeSections(row: number, out: ByteBuffer): void {
    if (this.sections.length > 0) appendByte(out, 0x0a);
    for (const { label, cell } of this.sections) {
      appendText(out, `${label} = `);
      cell.write(out, row);
      appendByte(out, 0x0a);
    }
  }
}

function sameValue(column: Column, a: number, b: number): boolean {
  if (column.kind !== 'bytes') return column.values[a] === column.values[b];
  const one = valueAt(column, a) as Uint8Array;
  const other = valueAt(column, b) as Uint8Array;
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
