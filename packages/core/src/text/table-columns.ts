import type { Meanings } from '../meaning.js';
import { frames } from '../meanings/frames.js';
import { meanings as builtin } from '../meanings/index.js';
import type { Field, Schema, TableColumn } from '../schema.js';
import type { Cell } from './cell.js';
import { findField } from './fields.js';
import { tableCell } from './table-cell.js';
import { tableStyle } from './table-style.js';
import { encodedIn } from './text-in.js';
import type { WriterOptions } from './writer-options.js';

/** A column of a table, ready to be written. */
export interface PreparedColumn {
  readonly cell: Cell;
  readonly index: number;
  /** Safe for a terminal. */
  readonly header: Uint8Array;
  readonly headerCharacters: number;
  /** Characters to pad to; 0: as wide as the value. */
  readonly width: number;
  readonly left: boolean;
  /** Most characters. */
  readonly max: number;
  /** Lines below the row, in place of a column of it. */
  readonly isBelow: boolean;
}

/**
 * The columns to show: those of the layout, or those of `options.fields`, drawn as the layout draws them if it does.
 *
 * @throws SkepError SKEP_OPTION when a name is not a field of the schema.
 */
export function prepareColumns(schema: Schema, options: WriterOptions): readonly PreparedColumn[] {
  const { meanings = builtin } = options;
  const { columns } = schema.layout;
  const shown = options.fields
    ? options.fields.map((name) => columns.find(({ field }) => field === name) ?? { field: name })
    : columns.length > 0
      ? columns
      : schema.fields.map(({ name }) => ({ field: name }));
  return shown.map((column) => prepare(schema, column, meanings));
}

function prepare(schema: Schema, column: TableColumn, meanings: Meanings): PreparedColumn {
  const { field, index } = findField(schema, column.field);
  const header = encodedIn(tableStyle, column.header ?? field.name.toUpperCase());
  const width = column.width ?? -Math.max(header.characters, usualWidth(field, column));
  return {
    cell: tableCell(field, column, meanings),
    index,
    header: header.bytes,
    headerCharacters: header.characters,
    width: Math.abs(width),
    left: width < 0,
    max: column.max ?? Number.POSITIVE_INFINITY,
    isBelow: column.format === 'stack' && field.meaning === frames.typedef,
  };
}

const WIDTHS: Readonly<Record<Field['type'], number>> = {
  u8: 3,
  i8: 4,
  u16: 5,
  i16: 6,
  u32: 7,
  i32: 7,
  u64: 12,
  i64: 12,
  bool: 5,
  bytes: 16,
};

/** What values of a field usually take, for columns whose layout gives no width. */
function usualWidth(field: Field, column: TableColumn): number {
  if (column.format === 'clock') return 8;
  if (column.format !== undefined) return 10;
  if (field.labels) return Math.max(0, ...[...field.labels.values()].map((label) => label.length));
  if (field.meaning === 'skep_ktime_t') return 30;
  return WIDTHS[field.type];
}
