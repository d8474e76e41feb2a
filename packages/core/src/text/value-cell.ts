import type { Meaning, Meanings } from '../meaning.js';
import { ktime } from '../meanings/ktime.js';
import { comm, durationNs, max, path, text } from '../meanings/plain.js';
import type { Field } from '../schema.js';
import { CachedBytesCell, CachedNumberCell, CachedWideCell } from './cached-cells.js';
import type { Cell } from './cell.js';
import { BoolCell, NumberCell, WideCell } from './number-cells.js';
import type { TextStyle } from './style.js';
import { ListCell, TextCell } from './text-cells.js';
import { encodedIn } from './text-in.js';
import { IsoCell } from './time-cells.js';

/** How a format wants its values. */
export interface CellOptions {
  readonly meanings: Meanings;
  readonly style: TextStyle;
  /** Times in double quotes (JSON). */
  readonly quoteTimes: boolean;
  /** A meaning that JSON carries as a number: write the number (for programs) or the meaning's text (for people). */
  readonly numbers: boolean;
}

/** Meanings whose text is the bytes or the decimal number itself: these need no call per value. */
const PLAIN: ReadonlySet<Meaning> = new Set([comm, path, text, durationNs, max]);

/** The cell that writes `field` by its type, labels and meaning. */
export function valueCell(field: Field, options: CellOptions): Cell {
  const { meanings, style } = options;
  const { type, labels } = field;
  if (type === 'bool') return new BoolCell();
  if (labels) return cachedCell(field, style, (value) => labels.get(Number(value)) ?? String(value));
  const meaning = field.meaning === undefined ? undefined : meanings.get(field.meaning);
  if (meaning === undefined || PLAIN.has(meaning)) return plainCell(field, style);
  if (meaning === ktime && type === 'u64') return new IsoCell(options.quoteTimes);
  if (meaning.list && type === 'bytes') return new ListCell(style, (value) => meaning.list!(value));
  if (meaning.json === 'number' && options.numbers && type !== 'bytes') return plainCell(field, style);
  return cachedCell(field, style, (value) => meaning.text(value, field));
}

/** The number or the bytes themselves, whatever they mean. */
export function plainCell({ type }: Field, style: TextStyle): Cell {
  if (type === 'bytes') return new TextCell(style);
  if (type === 'u64' || type === 'i64') return new WideCell(type === 'i64');
  return new NumberCell();
}

function cachedCell(field: Field, style: TextStyle, text: (value: number | bigint | Uint8Array) => string): Cell {
  const encoded = (value: number | bigint | Uint8Array) => encodedIn(style, text(value));
  if (field.type === 'bytes') return new CachedBytesCell(encoded);
  return field.type === 'u64' || field.type === 'i64' ? new CachedWideCell(encoded) : new CachedNumberCell(encoded);
}
