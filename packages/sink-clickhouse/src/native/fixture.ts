import { type Batch, BatchBuilder, type Field, type Schema } from '@skep/core';
import { fieldOf, type MemberSpec } from '@skep/testing';

/** A schema of these fields; every kind of column has been in one. */
export function schemaOf(members: readonly MemberSpec[], rest: Partial<Schema> = {}): Schema {
  const fields: readonly Field[] = members.map(fieldOf);
  return {
    plugin: 'tool',
    source: 'tool',
    stream: 'rows',
    shape: 'events',
    fields,
    keys: [],
    layout: { columns: [] },
    ...rest,
  };
}

export const TIME: MemberSpec = { name: 'time', type: 'u64', meaning: 'skep_ktime_t' };

export const LABELS: ReadonlyMap<number, string> = new Map([
  [0, 'READ'],
  [1, "WRI'TE"],
  [2, ''],
]);

/** One field of every type and every meaning. */
export const EVERYTHING: readonly MemberSpec[] = [
  TIME,
  { name: 'u8', type: 'u8' },
  { name: 'i8', type: 'i8' },
  { name: 'u16', type: 'u16' },
  { name: 'i16', type: 'i16' },
  { name: 'u32', type: 'u32' },
  { name: 'i32', type: 'i32' },
  { name: 'u64', type: 'u64' },
  { name: 'i64', type: 'i64' },
  { name: 'flag', type: 'bool' },
  { name: 'lasted', type: 'u64', meaning: 'skep_duration_ns_t' },
  { name: 'later', type: 'u64', meaning: 'skep_ktime_t' },
  { name: 'comm', type: 'bytes', meaning: 'skep_comm_t' },
  { name: 'path', type: 'bytes', meaning: 'skep_path_t', size: 4096 },
  { name: 'addr', type: 'bytes', meaning: 'skep_ip_t' },
  { name: 'args', type: 'bytes', meaning: 'skep_argv_t', size: 4096 },
  { name: 'direction', type: 'u32', labels: LABELS },
  { name: 'flags', type: 'u32', meaning: 'skep_block_flags_t' },
];

export function batchOf(
  schema: Schema,
  rows: readonly Readonly<Record<string, unknown>>[],
  rest: Partial<Pick<Batch, 'snapshot'>> = {},
): Batch {
  const builder = new BatchBuilder(schema, Math.max(rows.length, 1));
  for (const row of rows) builder.push(row);
  return { ...builder.batch(), ...rest };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
