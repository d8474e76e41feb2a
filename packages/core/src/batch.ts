import type { ColumnType, Field, Schema } from './schema.js';

/** Numbers of up to 32 bits, and booleans as 0 and 1. `values` may be longer than the batch has rows. */
export interface NumberColumn {
  readonly kind: 'number';
  values: Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;
}

/**
 * 64-bit integers. `words` are the same bytes as 32-bit words (low word first): a BigInt per row costs 50 ns, two
 * words 2 ns, so everything that runs per row uses the words.
 */
export interface WideColumn {
  readonly kind: 'wide';
  values: BigUint64Array | BigInt64Array;
  words: Uint32Array;
}

/** Text and bytes, in Arrow's layout: row r is `data[r === 0 ? 0 : ends[r - 1] .. ends[r])`. */
export interface BytesColumn {
  readonly kind: 'bytes';
  data: Uint8Array;
  ends: Uint32Array;
}

export type Column = NumberColumn | WideColumn | BytesColumn;

/** Facts of the interval that a snapshot covers; absent on batches of events. */
export interface Snapshot {
  /** End of the interval, nanoseconds since the epoch. */
  readonly timeNs: bigint;
  readonly intervalNs: bigint;
  /** False when a map refused entries during the interval: some keys are missing. */
  readonly complete: boolean;
}

/**
 * Rows of one stream, column by column, in the order of `schema.fields`.
 *
 * The memory belongs to whoever made the batch and is reused once every sink's `write()` has settled: copy what must
 * live longer.
 */
export interface Batch {
  readonly schema: Schema;
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Events the kernel dropped since the previous batch of this stream. */
  readonly lost: number;
  readonly snapshot?: Snapshot;
  /** How many events the rows stand for, where that is not one each: rows of a processor that gathers. */
  readonly events?: number;
}

/** Most rows of one batch of events: large enough to amortise a pass, small enough to stay in the cache. */
export const BATCH_ROWS = 8192;

/** Collects rows into columns of fixed capacity; the columns are reused after `reset()`. */
export class BatchBuilder {
  readonly schema: Schema;
  readonly columns: Column[];
  rows = 0;
  lost = 0;
  snapshot: Snapshot | undefined;
  private limit: number;

  constructor(schema: Schema, capacity: number = BATCH_ROWS) {
    this.schema = schema;
    this.limit = capacity;
    this.columns = schema.fields.map((field) => emptyColumn(field, capacity));
  }

  get capacity(): number {
    return this.limit;
  }

  /** Rows that still fit. */
  get room(): number {
    return this.limit - this.rows;
  }

  /** A view of what was collected; valid until `reset()`. */
  batch(): Batch {
    const { schema, rows, columns, lost, snapshot } = this;
    return snapshot ? { schema, rows, columns, lost, snapshot } : { schema, rows, columns, lost };
  }

  reset(): void {
    this.rows = 0;
    this.lost = 0;
    this.snapshot = undefined;
  }

  /** Grow to hold `rows` rows in all: for snapshots, which must come in one piece. */
  ensure(rows: number): void {
    if (rows <= this.limit) return;
    const capacity = Math.max(rows, this.limit * 2);
    for (const [i, column] of this.columns.entries()) this.columns[i] = grown(column, capacity);
    this.limit = capacity;
  }

  /** Append one row of plain values; for tests and for snapshots of a few rows, not for events. */
  push(row: Readonly<Record<string, unknown>>): void {
    this.ensure(this.rows + 1);
    const r = this.rows++;
    for (const [i, field] of this.schema.fields.entries()) setValue(this.columns[i]!, r, row[field.name]);
  }
}

const ARRAYS = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  bool: Uint8Array,
} as const satisfies Partial<Record<ColumnType, unknown>>;

export function emptyColumn(field: Pick<Field, 'type' | 'size'>, capacity: number): Column {
  if (field.type === 'bytes') {
    const guess = capacity * Math.min(field.size || 32, 32);
    return { kind: 'bytes', data: new Uint8Array(guess), ends: new Uint32Array(capacity) };
  }
  if (field.type === 'u64' || field.type === 'i64') return wideColumn(field.type, new ArrayBuffer(capacity * 8));
  return { kind: 'number', values: new ARRAYS[field.type](capacity) };
}

export function wideColumn(type: 'u64' | 'i64', buffer: ArrayBuffer): WideColumn {
  const values = type === 'u64' ? new BigUint64Array(buffer) : new BigInt64Array(buffer);
  return { kind: 'wide', values, words: new Uint32Array(buffer) };
}

function grown(column: Column, capacity: number): Column {
  if (column.kind === 'bytes') {
    const ends = new Uint32Array(capacity);
    ends.set(column.ends);
    return { kind: 'bytes', data: column.data, ends };
  }
  if (column.kind === 'wide') {
    const type = column.values instanceof BigUint64Array ? 'u64' : 'i64';
    const wide = wideColumn(type, new ArrayBuffer(capacity * 8));
    wide.words.set(column.words);
    return wide;
  }
  const Type = column.values.constructor as new (length: number) => NumberColumn['values'];
  const values = new Type(capacity);
  values.set(column.values);
  return { kind: 'number', values };
}

/** Make room for `bytes` more bytes after `used`; doubles, so that the cost per byte stays constant. */
export function reserveBytes(column: BytesColumn, used: number, bytes: number): void {
  if (used + bytes <= column.data.length) return;
  const data = new Uint8Array(Math.max(used + bytes, column.data.length * 2));
  data.set(column.data.subarray(0, used));
  column.data = data;
}

const utf8 = new TextEncoder();

function setValue(column: Column, row: number, value: unknown): void {
  if (column.kind === 'number') column.values[row] = Number(value ?? 0);
  else if (column.kind === 'wide') column.values[row] = BigInt((value ?? 0) as number);
  else {
    const bytes = value instanceof Uint8Array ? value : utf8.encode(String(value ?? ''));
    const start = row === 0 ? 0 : column.ends[row - 1]!;
    reserveBytes(column, start, bytes.length);
    column.data.set(bytes, start);
    column.ends[row] = start + bytes.length;
  }
}

/** The raw value of one cell: number, bigint, or a view of the bytes. */
export function valueAt(column: Column, row: number): number | bigint | Uint8Array {
  if (column.kind === 'bytes') return column.data.subarray(row === 0 ? 0 : column.ends[row - 1]!, column.ends[row]!);
  return column.values[row]!;
}

/**
 * The rows of `batch` whose entry in `keep` is not 0, as a batch of its own memory; the batch itself when all stay.
 */
export function selectRows(batch: Batch, keep: Uint8Array): Batch {
  let kept = 0;
  for (let r = 0; r < batch.rows; r++) kept += keep[r] ? 1 : 0;
  if (kept === batch.rows) return batch;
  const rows = new Uint32Array(kept);
  for (let r = 0, n = 0; r < batch.rows; r++) if (keep[r]) rows[n++] = r;
  return { ...batch, rows: kept, columns: batch.columns.map((column) => gather(column, rows)) };
}

/** The rows `rows` of a column, in that order, copied. */
export function gather(column: Column, rows: Uint32Array): Column {
  if (column.kind === 'bytes') {
    let size = 0;
    for (let n = 0; n < rows.length; n++) {
      const r = rows[n]!;
      size += column.ends[r]! - (r === 0 ? 0 : column.ends[r - 1]!);
    }
    const data = new Uint8Array(size);
    const ends = new Uint32Array(rows.length);
    let end = 0;
    for (let n = 0; n < rows.length; n++) {
      const r = rows[n]!;
      const start = r === 0 ? 0 : column.ends[r - 1]!;
      const stop = column.ends[r]!;
      // Below a cache line or two, a view per row costs more than the bytes.
      if (stop - start > 96) data.set(column.data.subarray(start, stop), end);
      else for (let from = start, to = end; from < stop; from++, to++) data[to] = column.data[from]!;
      ends[n] = end += stop - start;
    }
    return { kind: 'bytes', data, ends };
  }
  if (column.kind === 'wide') {
    const type = column.values instanceof BigUint64Array ? 'u64' : 'i64';
    const wide = wideColumn(type, new ArrayBuffer(rows.length * 8));
    for (let n = 0; n < rows.length; n++) {
      wide.words[n * 2] = column.words[rows[n]! * 2]!;
      wide.words[n * 2 + 1] = column.words[rows[n]! * 2 + 1]!;
    }
    return wide;
  }
  const Type = column.values.constructor as new (length: number) => NumberColumn['values'];
  const values = new Type(rows.length);
  for (let n = 0; n < rows.length; n++) values[n] = column.values[rows[n]!]!;
  return { kind: 'number', values };
}
