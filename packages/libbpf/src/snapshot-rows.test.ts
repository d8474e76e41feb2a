import { BatchBuilder, type Row, rowsOf, type Schema } from '@skep/core';
import { layoutOf, type MemberSpec, type RecordValues, recordBytes } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import type { RecordLayout, SnapshotInfo, StreamPlan } from './btf/index.js';
import { histogramRows, tableRows } from './snapshot-rows.js';
import type { Taken } from './snapshots.js';

type TablePlan = Extract<StreamPlan, { kind: 'table' }>;

const TIME = 1_700_000_000_000_000_000n;
const count: MemberSpec = { name: 'count', type: 'u64' };

function schemaOf(names: readonly MemberSpec[], keys: readonly string[]): Schema {
  const time: MemberSpec = { name: 'time', type: 'u64', meaning: 'skep_ktime_t' };
  const fields = layoutOf([time, ...names]).members.map(({ field }) => field);
  return { plugin: 'tool', source: 'tool', stream: 'rows', shape: 'table', fields, keys, layout: { columns: [] } };
}

function planOf(key: readonly MemberSpec[], value: readonly MemberSpec[], rest: Partial<TablePlan> = {}): TablePlan {
  const snapshot: SnapshotInfo = { name: 'rows', key: layoutOf(key), value: layoutOf(value) };
  const computed = (rest.computed ?? []).map(([name, { type }]): MemberSpec => ({ name, type }));
  const schema = schemaOf(
    [...key, ...value, ...computed],
    key.map(({ name }) => name),
  );
  return {
    kind: 'table',
    schema,
    snapshot,
    computed: [],
    sort: undefined,
    ascending: false,
    limit: undefined,
    ...rest,
  };
}

/** What a map gives: keys and values one behind the other, a value per CPU where there are several. */
function taken({ key, value }: SnapshotInfo, entries: readonly [RecordValues, ...RecordValues[]][]): Taken {
  const keys = concat(entries.map(([values]) => recordBytes(key, values)));
  const cpus = (entries[0]?.length ?? 2) - 1;
  const pad = cpus > 1 ? Math.ceil(value.size / 8) * 8 : value.size;
  const values = concat(entries.flatMap(([, ...parts]) => parts.map((part) => padded(recordBytes(value, part), pad))));
  const complete = true;
  return {
    entries: { count: entries.length, keys, values, stride: pad * cpus },
    timeNs: TIME,
    intervalNs: 1n,
    complete,
  };
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes);
  return result;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}

/** The rows without their time. */
function table(
  plan: TablePlan,
  entries: [RecordValues, ...RecordValues[]][],
  isArray = false,
  into = new BatchBuilder(plan.schema, 4),
): Row[] {
  into.reset();
  expect(tableRows(plan, taken(plan.snapshot, entries), isArray, into)).toBe(into.rows);
  return rowsOf(into.batch()).map(({ time, ...row }) => {
    expect(time).toBe(TIME);
    return row;
  });
}

describe('rows of a table', () => {
  const pid: MemberSpec = { name: 'pid' };
  const plan = planOf([pid], [count]);

  it('are the entries of the map in order of the key, by value and not by bytes', () => {
    const rows = table(plan, [
      [{ pid: 256 }, { count: 1 }],
      [{ pid: 2 }, { count: 2 }],
      [{ pid: 0xffffffff }, { count: 3 }],
    ]);
    expect(rows).toEqual([
      { pid: 2, count: 2n },
      { pid: 256, count: 1n },
      { pid: 0xffffffff, count: 3n },
    ]);
  });

  it('are none when the map is empty', () => {
    expect(table(plan, [])).toEqual([]);
  });

  it('may be more, and fewer, than those of the snapshot before', () => {
    const wide = planOf(
      [{ name: 'name', type: 'bytes', meaning: 'skep_text_t', size: 8 }, pid],
      [count, { name: 'n', type: 'i16' }],
      { sort: 'count' },
    );
    const into = new BatchBuilder(wide.schema, 4);
    for (const rows of [2, 30, 1, 7, 0, 29]) {
      const entries = Array.from({ length: rows }, (_, i): [RecordValues, RecordValues] => [
        { name: `name ${i}`, pid: i },
        { count: 100 - i, n: -i },
      ]);
      const expected = entries.map((_, i) => ({
        name: `name ${i}`,
        pid: i,
        count: BigInt(100 - i),
        n: i === 0 ? 0 : -i,
      }));
      expect(table(wide, entries, false, into)).toEqual(expected);
    }
  });

  it('are sorted by a field, largest first, equals in order of the key, and cut', () => {
    const entries: [RecordValues, RecordValues][] = [
      [{ pid: 4 }, { count: 7 }],
      [{ pid: 1 }, { count: 2n ** 63n }],
      [{ pid: 3 }, { count: 7 }],
      [{ pid: 2 }, { count: 9 }],
    ];
    const pids = (rest: Partial<TablePlan>) => table(planOf([pid], [count], rest), entries).map((row) => row.pid);
    expect(pids({ sort: 'count' })).toEqual([1, 2, 3, 4]);
    expect(pids({ sort: 'count', ascending: true })).toEqual([3, 4, 2, 1]);
    expect(pids({ sort: 'count', limit: 2 })).toEqual([1, 2]);
    expect(pids({ limit: 3 })).toEqual([1, 2, 3]);
    expect(pids({ sort: 'pid', limit: 0 })).toEqual([]);
  });

  it('are sorted by text, and by numbers below 0', () => {
    const name: MemberSpec = { name: 'name', type: 'bytes', meaning: 'skep_text_t', size: 4 };
    const level: MemberSpec = { name: 'level', type: 'i32' };
    const rows = table(planOf([name, level], [count]), [
      [{ name: 'b', level: -1 }, {}],
      [{ name: 'a', level: 1 }, {}],
      [{ name: 'a', level: -5 }, {}],
      [{ name: '', level: 0 }, {}],
    ]);
    expect(rows.map(({ name: text, level: n }) => [text, n])).toEqual([
      ['', 0],
      ['a', -5],
      ['a', 1],
      ['b', -1],
    ]);
  });

  it('have fields computed from the others and from one another', () => {
    const computed: TablePlan['computed'] = [
      ['kbytes', { type: 'u64', doc: '', from: ({ count: n }) => BigInt(n!) / 1024n }],
      ['level', { type: 'u8', doc: '', from: ({ kbytes }) => Number(kbytes) + 1 }],
    ];
    const rows = table(planOf([pid], [count], { computed, sort: 'level' }), [
      [{ pid: 1 }, { count: 1024 }],
      [{ pid: 2 }, { count: 5000 }],
    ]);
    expect(rows).toEqual([
      { pid: 2, count: 5000n, kbytes: 4n, level: 5 },
      { pid: 1, count: 1024n, kbytes: 1n, level: 2 },
    ]);
  });

  it('of an array are those that were touched', () => {
    const rows = table(
      plan,
      [
        [{ pid: 0 }, { count: 0 }],
        [{ pid: 1 }, { count: 5 }],
        [{ pid: 2 }, { count: 0 }],
      ],
      true,
    );
    expect(rows).toEqual([{ pid: 1, count: 5n }]);
  });

  it('of a hash are all, zeros too', () => {
    expect(table(plan, [[{ pid: 1 }, { count: 0 }]])).toEqual([{ pid: 1, count: 0n }]);
  });

  it('read values that are no multiple of 8 bytes', () => {
    const small = planOf([{ name: 'k', type: 'u16' }], [{ name: 'v' }]);
    const rows = table(small, [
      [{ k: 2 }, { v: 20 }],
      [{ k: 1 }, { v: 10 }],
    ]);
    expect(rows).toEqual([
      { k: 1, v: 10 },
      { k: 2, v: 20 },
    ]);
  });
});

describe('values of several CPUs', () => {
  const members: MemberSpec[] = [
    count,
    { name: 'change', type: 'i64' },
    { name: 'longest', type: 'u64', meaning: 'skep_max_t' },
    { name: 'uid' },
    { name: 'comm', type: 'bytes', meaning: 'skep_comm_t', size: 16 },
  ];
  const plan = planOf([{ name: 'pid' }], members);

  it('become sums, the largest, and what the first CPU that knows it says', () => {
    const rows = table(plan, [
      [
        { pid: 1 },
        { count: 1, change: -5, longest: 7 },
        { count: 2, change: 2, longest: 9, uid: 1000, comm: 'bee' },
        {},
      ],
      [{ pid: 2 }, { longest: 2n ** 63n }, {}, { count: 2n ** 60n, longest: 1, uid: 7, comm: 'ant' }],
    ]);
    expect(rows).toEqual([
      { pid: 1, count: 3n, change: -3n, longest: 9n, uid: 1000, comm: 'bee' },
      { pid: 2, count: 2n ** 60n, change: 0n, longest: 2n ** 63n, uid: 7, comm: 'ant' },
    ]);
  });

  it('of an array count as touched when any CPU did', () => {
    const rows = table(
      planOf([{ name: 'vec' }], [count]),
      [
        [{ vec: 0 }, {}, {}],
        [{ vec: 1 }, {}, { count: 3 }],
      ],
      true,
    );
    expect(rows).toEqual([{ vec: 1, count: 3n }]);
  });
});

describe('rows of a histogram', () => {
  const slots = Array.from({ length: 64 }, (_, i): MemberSpec => ({ name: `s${i}`, type: 'u64' }));
  const key = layoutOf([{ name: 'disk', type: 'bytes', meaning: 'skep_text_t', size: 4 }, { name: 'flags' }]);
  const plain = layoutOf([count, ...slots]);
  const value: RecordLayout = {
    ...plain,
    members: plain.members.slice(0, 1),
    histograms: [{ name: 'dist', offset: 8, doc: '' }],
  };
  const snapshot: SnapshotInfo = { name: 'dist', key, value: plain };
  const buckets = ['low', 'high', 'n'].map((name): MemberSpec => ({ name, type: 'u64' }));
  const schema = schemaOf(
    [{ name: 'disk', type: 'bytes', meaning: 'skep_text_t', size: 4 }, { name: 'flags' }, ...buckets],
    ['disk', 'flags'],
  );

  function histogram(entries: [RecordValues, ...RecordValues[]][]): unknown[][] {
    const into = new BatchBuilder(schema, 2);
    const plan = { kind: 'histogram', schema, snapshot: { ...snapshot, value }, slotsAt: 8 } as const;
    expect(histogramRows(plan, taken(snapshot, entries), into)).toBe(into.rows);
    return rowsOf(into.batch()).map((row) => [row.disk, row.flags, row.low, row.high, row.n]);
  }

  it('are the buckets that hold something, keys in order, bounds inclusive', () => {
    const rows = histogram([
      [
        { disk: 'sdb', flags: 1 },
        { s0: 4, s1: 1, s63: 2 },
      ],
      [{ disk: 'sda', flags: 256 }, { s5: 3 }],
      [{ disk: 'sda', flags: 2 }, { s10: 9 }],
    ]);
    expect(rows).toEqual([
      ['sda', 2, 1024n, 2047n, 9n],
      ['sda', 256, 32n, 63n, 3n],
      ['sdb', 1, 0n, 1n, 4n],
      ['sdb', 1, 2n, 3n, 1n],
      ['sdb', 1, 2n ** 63n, 2n ** 64n - 1n, 2n],
    ]);
  });

  it('are summed over CPUs', () => {
    expect(histogram([[{ disk: 'sda' }, { s3: 1 }, { s3: 2, s4: 1 }]])).toEqual([
      ['sda', 0, 8n, 15n, 3n],
      ['sda', 0, 16n, 31n, 1n],
    ]);
  });

  it('are none for keys without values', () => {
    expect(histogram([[{ disk: 'sda' }, {}]])).toEqual([]);
    expect(histogram([])).toEqual([]);
  });
});
