import type { Meanings } from '../meaning.js';
import { frames } from '../meanings/frames.js';
import type { Field, TableColumn } from '../schema.js';
import type { Cell } from './cell.js';
import { EmptyCell } from './empty-cell.js';
import { HexCell } from './hex-cell.js';
import { OctalCell, OctalWideCell } from './octal-cell.js';
import { ScaledNumberCell, ScaledWideCell, SinceCell } from './scaled-cells.js';
import { StackLines } from './stack-lines.js';
import { quotedTableStyle, tableStyle } from './table-style.js';
import { encodedIn } from './text-in.js';
import { ClockCell } from './time-cells.js';
import { plainCell, valueCell } from './value-cell.js';

/** Frames below a row. */
const STACK_INDENT = 8;

/** The cell that writes `field` as `column` asks; a format that does not suit the field's type is ignored. */
export function tableCell(field: Field, column: TableColumn, meanings: Meanings): Cell {
  const cell = formatted(field, column, meanings);
  if (column.empty === undefined) return cell;
  return new EmptyCell(cell, encodedIn(tableStyle, column.empty), column.emptyIs ?? 0);
}

function formatted(field: Field, column: TableColumn, meanings: Meanings): Cell {
  const wide = field.type === 'u64' || field.type === 'i64';
  const number = !wide && field.type !== 'bytes';
  const { format, divisor = 1, pad = 0 } = column;
  const digits = Math.min(column.digits ?? (format === 'since' ? 6 : 0), 9);
  const value = (style = tableStyle) => valueCell(field, { meanings, style, quoteTimes: false, numbers: false });
  switch (format) {
    case 'clock':
      return wide ? new ClockCell() : value();
    case 'since':
      return wide ? new SinceCell(digits) : value();
    case 'octal':
      return wide ? new OctalWideCell(pad) : number ? new OctalCell(pad) : value();
    case 'hex':
      return wide ? new HexCell() : value();
    case 'scaled':
      if (wide) return new ScaledWideCell(divisor, digits);
      return number ? new ScaledNumberCell(divisor, digits) : value();
    case 'quoted':
      return value(quotedTableStyle);
    case 'stack':
      return field.meaning === frames.typedef ? new StackLines(STACK_INDENT) : value();
    case 'exact':
      return plainCell(field, tableStyle);
    default:
      return value();
  }
}
