import {
  type BatchBuilder,
  type Column,
  type ComputedField,
  createDecoder,
  type Decoder,
  type Field,
  gather,
  kernelMemory,
  type Member,
  type StackFrames,
  type WideColumn,
} from '@skep/core';
import type { RecordLayout, StreamPlan } from './btf/index.js';
import type { Entries } from './map.js';
import type { Taken } from './snapshots.js';

type TablePlan = Extract<StreamPlan, { kind: 'table' }>;
type HistogramPlan = Extract<StreamPlan, { kind: 'histogram' }>;

const SLOTS = 64;

/**
 * Per-CPU values, merged into one per key: 64-bit integers by their sum, `skep_max_t` by the largest. Everything else is
 * a fact of the key, the same on every CPU that wrote it: it is taken from the first.
 */
export function mergeCpus(entries: Entries, value: RecordLayout): Uint8Array<ArrayBuffer> {
  const size = Math.ceil(value.size / 8) * 8;
  const cpus = Math.max(1, Math.floor(entries.stride / size));
  if (cpus === 1) return entries.values;
  const merged = new Uint8Array(entries.count * size);
  const from = new DataView(entries.values.buffer, entries.values.byteOffset);
  const to = new DataView(merged.buffer);
  const counters = [
    ...value.histograms.flatMap(({ offset }) =>
      Array.from({ length: SLOTS }, (_, i) => ({ offset: offset + i * 8, max: false })),
    ),
    ...value.members
      .filter(({ field }) => isCounter(field))
      .map(({ field, offset }) => ({ offset, max: field.meaning === 'skep_max_t' })),
  ];
  const facts = value.members.filter(({ field }) => !isCounter(field));
  for (let e = 0; e < entries.count; e++) {
    const parts = Array.from({ length: cpus }, (_, cpu) => e * entries.stride + cpu * size);
    for (const { offset, max } of counters) {
      let total = 0n;
      for (const part of parts) {
        const n = from.getBigUint64(part + offset, true);
        total = max ? (n > total ? n : total) : total + n;
      }
      to.setBigUint64(e * size + offset, total, true);
    }
    for (const { field, offset } of facts) {
      const written = parts.find((part) => !isEmpty(entries.values, part + offset, field.size));
      if (written === undefined) continue;
      merged.set(entries.values.subarray(written + offset, written + offset + field.size), e * size + offset);
    }
  }
  return merged;
}

function isCounter({ type }: Field): boolean {
  return type === 'u64' || type === 'i64';
}

/** Buffers are read as 32-bit words, so their length is rounded up. */
function memoryOf(bytes: Uint8Array<ArrayBuffer>) {
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  return kernelMemory(padded.buffer);
}

export function decodeAll(
  bytes: Uint8Array<ArrayBuffer>,
  stride: number,
  size: number,
  rows: number,
  decoder: Decoder,
  into: BatchBuilder,
): void {
  const starts = Uint32Array.from({ length: rows }, (_, i) => i * stride);
  const ends = starts.map((start) => start + size);
  decoder.decode(memoryOf(bytes), starts, ends, rows, into);
}

/** A decoder for part of a batch's columns: those from `first` on. */
export function columnsFrom(into: BatchBuilder, first: number): BatchBuilder {
  return Object.create(into, {
    columns: { value: into.columns.slice(first) },
    rows: { value: 0, writable: true },
  }) as BatchBuilder;
}

const NO_CLOCK = () => ({ offsetLow: 0, offsetHigh: 0 });

/** Untouched entries of an array map: every byte of the value is 0. */
function isEmpty(bytes: Uint8Array, start: number, size: number): boolean {
  for (let i = start; i < start + size; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Fill `into` with the entries of a table's snapshot: decoded, computed, sorted, cut to the plan's limit. */
export function tableRows(
  plan: TablePlan,
  taken: Taken,
  isArray: boolean,
  into: BatchBuilder,
  stacks?: StackFrames,
): number {
  const { key, value } = plan.snapshot;
  const merged = mergeCpus(taken.entries, value);
  const valueStride = taken.entries.count > 0 ? merged.length / taken.entries.count : 0;
  const all = Uint32Array.from({ length: taken.entries.count }, (_, i) => i);
  const used = isArray ? all.filter((i) => !isEmpty(merged, i * valueStride, value.size)) : all;
  const rows = used.length;
  into.ensure(rows);
  const pick = (bytes: Uint8Array, stride: number) => {
    const picked = new Uint8Array(rows * stride);
    for (const [i, from] of used.entries()) picked.set(bytes.subarray(from * stride, (from + 1) * stride), i * stride);
    return picked;
  };
  fillTime(into.columns[0] as WideColumn, taken.timeNs, rows);
  decodeAll(
    pick(taken.entries.keys, key.size),
    key.size,
    key.size,
    rows,
    decoderOf(key.members, stacks),
    columnsFrom(into, 1),
  );
  const firstValue = 1 + key.members.length;
  decodeAll(
    pick(merged, valueStride),
    valueStride,
    value.size,
    rows,
    decoderOf(value.members),
    columnsFrom(into, firstValue),
  );
  computeFields(plan.computed, into, firstValue + value.members.length, rows);
  into.rows = rows;
  return orderRows(plan, into);
}

export function decoderOf(members: readonly Member[], stacks?: StackFrames): Decoder {
  return createDecoder(members, NO_CLOCK, stacks);
}

export function fillTime(column: WideColumn, timeNs: bigint, rows: number): void {
  column.values.fill(timeNs, 0, rows);
}

function computeFields(
  computed: readonly (readonly [string, ComputedField])[],
  into: BatchBuilder,
  first: number,
  rows: number,
): void {
  if (computed.length === 0) return;
  const { fields } = into.schema;
  for (let r = 0; r < rows; r++) {
    const row: Record<string, bigint | number> = {};
    for (let c = 0; c < first; c++) {
      const column = into.columns[c]!;
      if (column.kind !== 'bytes') row[fields[c]!.name] = column.values[r]!;
    }
    for (const [i, [name, field]] of computed.entries()) {
      const value = field.from(row);
      row[name] = value;
      const column = into.columns[first + i]!;
      if (column.kind === 'wide') column.values[r] = BigInt(value);
      else if (column.kind === 'number') column.values[r] = Number(value);
    }
  }
}

/** Sort by the plan's field, or by the key columns; keep the first rows up to the limit. */
function orderRows(plan: TablePlan, into: BatchBuilder): number {
  const columns = into.columns;
  const index = plan.sort === undefined ? -1 : plan.schema.fields.findIndex(({ name }) => name === plan.sort);
  const order = Array.from({ length: into.rows }, (_, i) => i);
  const compareAt = (c: number, a: number, b: number): number => {
    const column = columns[c]!;
    if (column.kind === 'bytes') return compareBytes(slice(column, a), slice(column, b));
    const [x, y] = [column.values[a]!, column.values[b]!];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  order.sort((a, b) => {
    const first = index < 0 ? 0 : compareAt(index, a, b) * (plan.ascending ? 1 : -1);
    for (let c = 1, result = first; ; c++)
      if (result !== 0 || c > plan.schema.keys.length) return result;
      else result = compareAt(c, a, b);
  });
  const kept = Uint32Array.from(plan.limit === undefined ? order : order.slice(0, plan.limit));
  for (const column of columns) restore(column, gather(column, kept));
  into.rows = kept.length;
  return kept.length;
}

/** Back into the builder's own memory, whose capacity the next snapshot counts on. */
function restore(column: Column, from: Column): void {
  if (column.kind === 'wide' && from.kind === 'wide') column.words.set(from.words);
  else if (column.kind === 'number' && from.kind === 'number') column.values.set(from.values);
  else if (column.kind === 'bytes' && from.kind === 'bytes') {
    column.data.set(from.data);
    column.ends.set(from.ends);
  }
}

function slice(column: { data: Uint8Array; ends: Uint32Array }, row: number): Uint8Array {
  return column.data.subarray(row === 0 ? 0 : column.ends[row - 1]!, column.ends[row]!);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Fill `into` with one row per bucket that is not empty, keys in order, buckets rising. */
export function histogramRows(plan: HistogramPlan, taken: Taken, into: BatchBuilder): number {
  const { key, value } = plan.snapshot;
  const merged = mergeCpus(taken.entries, value);
  const { count, keys } = taken.entries;
  const stride = count > 0 ? merged.length / count : 0;
  const view = new DataView(merged.buffer, merged.byteOffset, merged.byteLength);
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => compareKeys(key, keys, a, b));
  const rows: { entry: number; slot: number; n: bigint }[] = [];
  for (const entry of order) {
    for (let slot = 0; slot < SLOTS; slot++) {
      const n = view.getBigUint64(entry * stride + plan.slotsAt + slot * 8, true);
      if (n > 0n) rows.push({ entry, slot, n });
    }
  }
  into.ensure(rows.length);
  fillTime(into.columns[0] as WideColumn, taken.timeNs, rows.length);
  const picked = new Uint8Array(rows.length * key.size);
  for (const [i, { entry }] of rows.entries()) {
    picked.set(keys.subarray(entry * key.size, (entry + 1) * key.size), i * key.size);
  }
  decodeAll(picked, key.size, key.size, rows.length, decoderOf(key.members), columnsFrom(into, 1));
  const [low, high, total] = into.columns.slice(1 + key.members.length) as [WideColumn, WideColumn, WideColumn];
  for (const [r, { slot, n }] of rows.entries()) {
    low.values[r] = slot === 0 ? 0n : 1n << BigInt(slot);
    high.values[r] = (1n << BigInt(slot + 1)) - 1n;
    total.values[r] = n;
  }
  into.rows = rows.length;
  return rows.length;
}

/** Keys by value, not by their bytes: integers lie in memory lowest byte first. */
function compareKeys(key: RecordLayout, keys: Uint8Array, a: number, b: number): number {
  for (const { field, offset } of key.members) {
    const [x, y] = [a, b].map((entry) =>
      keys.subarray(entry * key.size + offset, entry * key.size + offset + field.size),
    );
    const result = field.type === 'bytes' ? Buffer.compare(x!, y!) : Buffer.compare(reversed(x!), reversed(y!));
    if (result !== 0) return result;
  }
  return 0;
}

function reversed(bytes: Uint8Array): Uint8Array {
  return bytes.slice().reverse();
}
