import { type Batch, BatchBuilder } from '../batch.js';
import type { ColumnType, Field, Schema } from '../schema.js';

function field(name: string, type: ColumnType, meaning?: string, labels?: Record<number, string>): Field {
  const size = type === 'bytes' ? 64 : 8;
  const map = labels && new Map(Object.entries(labels).map(([value, label]) => [Number(value), label]));
  return { name, type, meaning, doc: '', size, labels: map };
}

export function schemaOf(stream: string, fields: readonly Field[]): Schema {
  return { plugin: 'example', source: 'example', stream, shape: 'events', fields, keys: [], layout: { columns: [] } };
}

/** A stream with a column of every class; the examples of the docs are written for it. */
export const example = schemaOf('opens', [
  field('time', 'u64', 'skep_ktime_t'),
  field('pid', 'u32'),
  field('uid', 'u32'),
  field('fd', 'i32'),
  field('mode', 'u16'),
  field('comm', 'bytes', 'skep_comm_t'),
  field('path', 'bytes', 'skep_path_t'),
  field('failed', 'bool'),
  field('type', 'u8', undefined, { 0: 'READ', 1: 'WRITE', 2: 'SYNC' }),
  field('latency', 'u64', 'skep_duration_ns_t'),
  field('delta_us', 'u64'),
  field('bytes', 'u64'),
  field('offset', 'i64'),
  field('raddr', 'bytes', 'skep_ip_t'),
  field('args', 'bytes', 'skep_argv_t'),
  field('flags', 'u32', 'skep_block_flags_t'),
]);

export function batchOf(rows: readonly Readonly<Record<string, unknown>>[], schema: Schema = example): Batch {
  const builder = new BatchBuilder(schema, Math.max(1, rows.length));
  for (const row of rows) builder.push(row);
  return builder.batch();
}
