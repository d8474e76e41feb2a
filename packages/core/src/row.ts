import { type Batch, valueAt } from './batch.js';
import type { Meanings } from './meaning.js';
import { meanings as builtin } from './meanings/index.js';
import type { Field } from './schema.js';

const utf8 = new TextDecoder();

/** One row as an object: numbers, 64-bit integers as bigint, times as nanoseconds since the epoch, the rest as text. */
export type Row = Readonly<Record<string, number | bigint | boolean | string | readonly string[]>>;

/** The rows of a batch as objects, for programs and tests; costs ten times a pass over the columns. */
export function rowsOf(batch: Batch, meanings: Meanings = builtin): Row[] {
  const rows: Row[] = [];
  for (let r = 0; r < batch.rows; r++) rows.push(rowAt(batch, r, meanings));
  return rows;
}

export function rowAt(batch: Batch, row: number, meanings: Meanings = builtin): Row {
  const result: Record<string, Row[string]> = {};
  for (const [c, field] of batch.schema.fields.entries()) {
    result[field.name] = rowValue(valueAt(batch.columns[c]!, row), field, meanings);
  }
  return result;
}

function rowValue(value: number | bigint | Uint8Array, field: Field, meanings: Meanings): Row[string] {
  if (field.type === 'bool') return value !== 0;
  if (field.labels) return field.labels.get(Number(value)) ?? String(value);
  if (field.meaning === 'skep_ktime_t') return value as bigint;
  const meaning = field.meaning === undefined ? undefined : meanings.get(field.meaning);
  if (meaning?.list && value instanceof Uint8Array) return meaning.list(value).map((item) => utf8.decode(item));
  if (meaning && meaning.json !== 'number') return meaning.text(value, field);
  return value instanceof Uint8Array ? utf8.decode(value) : value;
}
