import type { BatchBuilder, Field, Member, Schema } from '@skep/core';
import { type Entries, type StreamOwner, type Taken, TIME, tableRows } from '@skep/libbpf';
import type { CompiledMap } from './compile.js';
import { boundsOf, bucketMember, type HistogramKind } from './histogram.js';
import { alignColumns, columnsOf, copyAligned } from './layout/columns.js';
import { parseLayout } from './layout/layout.js';
import { readValue, type Value } from './layout/values.js';
import { mergeCpus } from './merge-cpus.js';

export interface TableStreamOptions {
  readonly owner: StreamOwner;
  /** Drawn as a histogram, whose buckets are of this kind. */
  readonly histogram: HistogramKind | undefined;
  /** Of a histogram's values: usecs, bytes. */
  readonly unit: string;
  /** Every reading leaves the table empty. */
  readonly clear: boolean;
}

/** The rows of one table, read at intervals: a table like any other's, or a histogram. */
export interface TableStream {
  readonly schema: Schema;
  /** Read the table into `into`; returns rows. `entries` is how many the table had. */
  read(into: BatchBuilder, intervalNs: bigint, complete: boolean): { readonly rows: number; readonly entries: number };
}

/** @throws SkepError SKEP_SCHEMA when keys or leaves cannot be columns. */
export function tableStream(table: CompiledMap, options: TableStreamOptions): TableStream {
  return options.histogram === undefined ? plainTable(table, options) : histogramTable(table, options);
}

function plainTable({ described, map }: CompiledMap, { owner, clear }: TableStreamOptions): TableStream {
  const leaf = parseLayout(described.leaf);
  const keys = columnsOf(parseLayout(described.key), 'key').map((member) => renamed(member, 'key', ['time']));
  const taken = ['time', ...keys.map(({ field }) => field.name)];
  const values = columnsOf(leaf, 'value').map((member) => renamed(member, 'value', taken));
  const fields = [TIME, ...[...keys, ...values].map(({ field }) => field)];
  const schema: Schema = {
    ...owner,
    stream: described.name,
    shape: 'table',
    fields,
    keys: keys.map(({ field }) => field.name),
    layout: { columns: fields.slice(1).map(({ name }) => ({ field: name })), timestamp: true },
  };
  const [alignedKeys, alignedValues] = [alignColumns(keys), alignColumns(values)];
  const record = (name: string, { members, size }: typeof alignedKeys) => ({ name, size, members, histograms: [] });
  const counts = values.length === 1 && values[0]!.field.type !== 'bytes' ? values[0]!.field.name : undefined;
  const plan = {
    kind: 'table',
    schema,
    snapshot: { name: described.name, key: record('key', alignedKeys), value: record('value', alignedValues) },
    computed: [],
    // A table of counts is a top; anything else is in order of its keys.
    sort: counts,
    ascending: false,
    limit: undefined,
  } as const;
  return {
    schema,
    read(into, intervalNs, complete) {
      const entries = map.entries(clear);
      const { count, keys: keyBytes, values: leafBytes, stride } = entries;
      const alignedEntries: Entries = {
        count,
        keys: new Uint8Array(count * alignedKeys.size),
        values: new Uint8Array(count * alignedValues.size),
        stride: alignedValues.size,
      };
      for (let i = 0; i < count; i++) {
        copyAligned(keyBytes, i * map.keySize, keys, alignedEntries.keys, i * alignedKeys.size, alignedKeys);
        const all = leafBytes.subarray(i * stride, (i + 1) * stride);
        const one = map.isPerCpu ? mergeCpus(leaf, all, Math.ceil(map.valueSize / 8) * 8) : all;
        copyAligned(one, 0, values, alignedEntries.values, i * alignedValues.size, alignedValues);
      }
      const snapshot: Taken = { entries: alignedEntries, timeNs: nowNs(), intervalNs, complete };
      into.snapshot = { timeNs: snapshot.timeNs, intervalNs, complete };
      return { rows: tableRows(plan, snapshot, map.isArray, into), entries: count };
    },
  };
}

function histogramTable({ described, map }: CompiledMap, options: TableStreamOptions): TableStream {
  const { owner, clear, unit, histogram = 'log2' } = options;
  const [keyLayout, leafLayout] = [parseLayout(described.key), parseLayout(described.leaf)];
  const { slot } = bucketMember(described.name, keyLayout);
  const columns = columnsOf(keyLayout, 'key');
  const sections = columns.slice(0, -1).map((member) => renamed(member, 'key', ['time', 'low', 'high', 'count']));
  const names = sections.map(({ field }) => field.name);
  const schema: Schema = {
    ...owner,
    stream: described.name,
    shape: 'histogram',
    fields: [TIME, ...sections.map(({ field }) => field), ...['low', 'high', 'count'].map(bucketField)],
    keys: names,
    layout: {
      columns: [...names, 'low', 'high', 'count'].map((field) => ({ field })),
      timestamp: true,
      histogram: {
        low: 'low',
        high: 'high',
        count: 'count',
        unit,
        sections: names.map((field) => ({ field, label: field })),
      },
    },
  };
  return {
    schema,
    read(into, intervalNs, complete) {
      const { count, keys, values, stride } = map.entries(clear);
      const timeNs = nowNs();
      into.snapshot = { timeNs, intervalNs, complete };
      const rows = [];
      for (let i = 0; i < count; i++) {
        const all = values.subarray(i * stride, (i + 1) * stride);
        const leaf = map.isPerCpu ? mergeCpus(leafLayout, all, Math.ceil(map.valueSize / 8) * 8) : all;
        const counted = BigInt(readValue(leafLayout, leaf) as number | bigint);
        if (counted <= 0n) continue;
        const at = i * map.keySize;
        const key = readValue(keyLayout, keys, at);
        const bucket = slot === undefined ? key : (key as Readonly<Record<string, Value>>)[slot]!;
        const bounds = boundsOf(BigInt(bucket as number | bigint), histogram);
        rows.push({ time: timeNs, ...sectionValues(sections, keys, at), ...bounds, count: counted });
      }
      rows.sort((a, b) => compareSections(names, a, b) || compare(a.low, b.low));
      into.ensure(rows.length);
      for (const row of rows) into.push(row);
      return { rows: rows.length, entries: count };
    },
  };
}

/** A column that would have the name of another gets one of its own. */
function renamed({ field, offset }: Member, prefix: string, taken: readonly string[]): Member {
  return { field: taken.includes(field.name) ? { ...field, name: `${prefix}_${field.name}` } : field, offset };
}

function bucketField(name: string): Field {
  const docs: Readonly<Record<string, string>> = {
    low: 'low end of the bucket',
    high: 'high end of the bucket, inclusive',
    count: 'values in the bucket',
  };
  return { name, type: 'u64', meaning: undefined, doc: docs[name]!, size: 0, labels: undefined };
}

/** The key's other members, in the form that a builder takes. */
function sectionValues(sections: readonly Member[], keys: Uint8Array, at: number): Record<string, bigint | Uint8Array> {
  return Object.fromEntries(
    sections.map(({ field, offset }) => {
      const bytes = keys.slice(at + offset, at + offset + field.size);
      if (field.type !== 'bytes') return [field.name, integerOf(bytes, field.type.startsWith('i'))];
      const end = field.meaning === 'skep_text_t' ? bytes.indexOf(0) : -1;
      return [field.name, end < 0 ? bytes : bytes.subarray(0, end)];
    }),
  );
}

function integerOf(bytes: Uint8Array, isSigned: boolean): bigint {
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return isSigned ? BigInt.asIntN(bytes.length * 8, value) : value;
}

function compareSections(names: readonly string[], a: object, b: object): number {
  for (const name of names) {
    const [x, y] = [a, b].map((row) => (row as Record<string, bigint | Uint8Array>)[name]!);
    const result = typeof x === 'bigint' ? compare(x, y as bigint) : Buffer.compare(x as Uint8Array, y as Uint8Array);
    if (result !== 0) return result;
  }
  return 0;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
