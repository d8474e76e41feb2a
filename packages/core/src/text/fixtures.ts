import { type Batch, BatchBuilder, type Snapshot } from '../batch.js';
import type { Field, Layout, Schema } from '../schema.js';
import { ByteBuffer } from './byte-buffer.js';
import { createWriter, type TextFormat } from './create-writer.js';
import type { WriterOptions } from './writer-options.js';

/** For the tests in this folder: a field, `u32` unless said otherwise. */
export function field(name: string, type: Field['type'] = 'u32', rest: Partial<Field> = {}): Field {
  return { name, type, meaning: undefined, doc: '', size: 4, labels: undefined, ...rest };
}

export const time = field('time', 'u64', { meaning: 'skep_ktime_t' });
export const comm = field('comm', 'bytes', { meaning: 'skep_comm_t', size: 16 });
export const path = field('path', 'bytes', { meaning: 'skep_path_t', size: 255 });
export const argv = field('args', 'bytes', { meaning: 'skep_argv_t', size: 8192 });

/** A schema of these fields. */
export function schemaOf(fields: readonly Field[], layout: Partial<Layout> = {}, rest: Partial<Schema> = {}): Schema {
  return {
    plugin: 'tool',
    source: 'tool',
    stream: 'rows',
    shape: 'events',
    fields,
    keys: [],
    layout: { columns: [], ...layout },
    ...rest,
  };
}

/** A batch of these rows. */
export function batchOf(schema: Schema, rows: readonly Record<string, unknown>[], snapshot?: Snapshot): Batch {
  const builder = new BatchBuilder(schema, 4);
  for (const row of rows) builder.push(row);
  builder.snapshot = snapshot;
  return builder.batch();
}

/** All that a writer makes of these batches, `begin` first. */
export function textOf(format: TextFormat, batches: readonly Batch[], options: WriterOptions = {}): string {
  const out = new ByteBuffer(16);
  const writer = createWriter(format, batches[0]!.schema, options);
  writer.begin(out);
  for (const batch of batches) writer.write(batch, out);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(out.view());
}

/** The end of an interval of one second. */
export function snapshotAt(date: Date, complete = true): Snapshot {
  return { timeNs: BigInt(date.getTime()) * 1_000_000n, intervalNs: 1_000_000_000n, complete };
}
