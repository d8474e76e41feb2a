import type { Schema } from '@skep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, engineOver, insertBatches, type TestEngine } from '../engines/fixture.js';
import { batchOf, LABELS, schemaOf, TIME } from '../native/fixture.js';
import { applySchema } from './apply.js';
import { planTables } from './plan-table.js';
import type { Table } from './table.js';
import { viewsOf } from './views.js';

const SETTINGS = { database: 'skep' };
/** Today's noon, so that no server finds it odd. */
const NOON = BigInt(Math.floor(Date.now() / 86_400_000)) * 86_400_000_000_000n + 43_200_000_000_000n;
const SECOND = 1_000_000_000n;
const COMM = { name: 'comm', type: 'bytes', meaning: 'skep_comm_t' } as const;
const snapshotAt = (timeNs: bigint, complete = true) => ({ timeNs, intervalNs: 5n * SECOND, complete });

describe.each(ENGINES)('views in %s', (_, start) => {
  let engine: TestEngine;

  beforeAll(async () => {
    engine = await start();
  });
  afterAll(() => engine.close());

  async function tablesOf(schema: Schema): Promise<Table[]> {
    const warn = (message: string) => {
      throw new Error(message);
    };
    const { capabilities } = engine;
    const tables = planTables(schema, SETTINGS, capabilities);
    return applySchema(engineOver(engine), tables, { settings: SETTINGS, capabilities, host: 'web-1', warn });
  }

  const read = (sql: string) => engine.query(sql);

  it('give percentiles, programs and destinations of events in one query each', async () => {
    const schema = schemaOf(
      [
        TIME,
        { name: 'duration_ns', type: 'u64', meaning: 'skep_duration_ns_t' },
        { name: 'tx_bytes', type: 'u64' },
        { name: 'raddr', type: 'bytes', meaning: 'skep_ip_t' },
        { name: 'rport' },
        COMM,
      ],
      { stream: 'sessions' },
    );
    const [table] = await tablesOf(schema);
    const peer = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 7);
    const rows = Array.from({ length: 100 }, (_, i) => ({
      time: NOON + (i < 90 ? 0n : 60n * SECOND),
      duration_ns: BigInt(i + 1) * 1000n,
      tx_bytes: 10n,
      raddr: peer,
      rport: 443,
      comm: i % 2 === 0 ? 'curl' : 'wget',
    }));
    await insertBatches(engine, table!, [batchOf(schema, rows)]);

    expect(viewsOf(table!).map((view) => view.name)).toEqual([
      'tool_sessions_duration_ns_per_minute',
      'tool_sessions_by_comm',
      'tool_sessions_by_raddr',
    ]);
    const percentiles = await read(
      'SELECT host, source, events, least, round(p50), round(p99), most FROM skep.tool_sessions_duration_ns_per_minute ORDER BY minute',
    );
    expect(percentiles).toBe(
      'web-1\ttool\t90\t1000\t45500\t89110\t90000\nweb-1\ttool\t10\t91000\t95500\t99910\t100000\n',
    );
    const programs = await read(
      'SELECT comm, sum(events), sum(sum_tx_bytes), sum(sum_duration_ns) FROM skep.tool_sessions_by_comm GROUP BY comm ORDER BY comm',
    );
    expect(programs).toBe('curl\t50\t500\t2500000\nwget\t50\t500\t2550000\n');
    const peers = await read(
      "SELECT raddr_text, rport, sum(events) FROM skep.tool_sessions_by_raddr WHERE raddr_text = '10.0.0.7' GROUP BY raddr_text, rport",
    );
    expect(peers).toBe('10.0.0.7\t443\t100\n');
    expect(await read("SELECT count() FROM skep.tool_sessions WHERE raddr_text = '10.0.0.7'")).toBe('100\n');
  });

  it('give a heat map and percentiles of a histogram in one query each, and say when a map was full', async () => {
    const bound = (name: string) => ({ name, type: 'u64' }) as const;
    const schema = schemaOf(
      [
        TIME,
        { name: 'disk', type: 'bytes', meaning: 'skep_text_t', size: 32 },
        bound('low'),
        bound('high'),
        bound('count'),
      ],
      {
        stream: 'latency',
        shape: 'histogram',
        keys: ['disk'],
        layout: {
          columns: [],
          histogram: { low: 'low', high: 'high', count: 'count', unit: 'usecs', sections: [] },
        },
      },
    );
    const [table] = await tablesOf(schema);
    const bucket = (disk: string, low: bigint, count: bigint) => ({
      time: NOON,
      disk,
      low,
      high: low * 2n - 1n,
      count,
    });
    await insertBatches(engine, table!, [
      batchOf(schema, [bucket('sda', 4n, 98n), bucket('sda', 1024n, 2n), bucket('sdb', 4n, 1n)], {
        snapshot: snapshotAt(NOON),
      }),
      batchOf(schema, [bucket('sda', 4n, 100n)], { snapshot: snapshotAt(NOON, false) }),
    ]);
    const heat = await read(
      'SELECT disk, unit, low, high, sum_count, toUInt8(all_complete) FROM skep.tool_latency_heatmap ORDER BY disk, low',
    );
    expect(heat).toBe('sda\tusecs\t4\t7\t198\t0\nsda\tusecs\t1024\t2047\t2\t1\nsdb\tusecs\t4\t7\t1\t1\n');
    const percentiles = await read(
      'SELECT disk, sum_count, p50, p90, p99, toUInt8(all_complete) FROM skep.tool_latency_percentiles ORDER BY disk',
    );
    expect(percentiles).toBe('sda\t200\t7\t7\t7\t0\nsdb\t1\t7\t7\t7\t1\n');
  });

  it('give a time line per key of a top, without sums of what does not add up', async () => {
    const schema = schemaOf(
      [
        TIME,
        COMM,
        { name: 'direction', labels: LABELS },
        { name: 'bytes', type: 'u64' },
        { name: 'longest', type: 'u64', meaning: 'skep_max_t' },
        { name: 'average', type: 'u64', size: 0 },
      ],
      { stream: 'top', shape: 'table', keys: ['comm', 'direction'] },
    );
    const [table] = await tablesOf(schema);
    const row = (bytes: bigint, longest: bigint) => ({
      time: NOON,
      comm: 'dd',
      direction: 0,
      bytes,
      longest,
      average: 1n,
    });
    await insertBatches(engine, table!, [
      batchOf(schema, [row(10n, 3n)], { snapshot: snapshotAt(NOON) }),
      batchOf(schema, [row(20n, 9n)], { snapshot: snapshotAt(NOON + 5n * SECOND) }),
    ]);
    expect(await read('SELECT comm, direction, sum_bytes, max_longest FROM skep.tool_top_per_minute')).toBe(
      'dd\tREAD\t30\t9\n',
    );
    const [view] = viewsOf(table!);
    expect(view!.select).not.toContain('average');
  });

  it('give a flame graph of stacks in one query, each stack stored once', async () => {
    const schema = schemaOf(
      [
        TIME,
        COMM,
        { name: 'frames', type: 'bytes', meaning: 'skep_frames', size: 0 },
        { name: 'samples', type: 'u64' },
        { name: 'level', type: 'u64', meaning: 'skep_max_t' },
      ],
      { stream: 'profile', shape: 'stacks', keys: ['comm', 'frames'] },
    );
    const tables = await tablesOf(schema);
    expect(tables.map((table) => table.name)).toEqual(['tool_profile', 'tool_profile_stacks']);
    const row = (frames: string, samples: bigint) => ({ time: NOON, comm: 'node', frames, samples, level: samples });
    const batches = [
      batchOf(schema, [row('main;read', 5n), row('main;wri;te', 1n), row('', 2n)], { snapshot: snapshotAt(NOON) }),
      batchOf(schema, [row('main;read', 7n)], { snapshot: snapshotAt(NOON + SECOND) }),
    ];
    for (const table of tables) await insertBatches(engine, table, batches);
    expect(
      await read('SELECT stack, sum(sum_samples) FROM skep.tool_profile_flame GROUP BY stack ORDER BY stack'),
    ).toBe('\t2\nmain;read\t12\nmain;wri;te\t1\n');
    expect(await read("SELECT max_level FROM skep.tool_profile_flame WHERE stack = 'main;read'")).toBe('7\n');
    expect(await read('SELECT count(), sum(length(frames)) FROM skep.tool_profile_stacks')).toBe('3\t6\n');
  });

  it('read only the days that a bound on the minute leaves', async () => {
    if (!engine.capabilities.dateTime64) return;
    const schema = schemaOf([TIME, { name: 'lasted', type: 'u64', meaning: 'skep_duration_ns_t' }], { stream: 'days' });
    const [table] = await tablesOf(schema);
    for (const day of [0n, 1n, 2n, 3n, 4n]) {
      const time = NOON - day * 86_400n * SECOND;
      await insertBatches(engine, table!, [batchOf(schema, [{ time, lasted: 1n }])]);
    }
    const bounded = `skep.tool_days_lasted_per_minute WHERE minute >= toDateTime(${NOON / SECOND - 86_400n})`;
    expect(await read(`SELECT sum(events) FROM ${bounded}`)).toBe('2\n');
    expect(await read(`EXPLAIN indexes = 1 SELECT * FROM ${bounded}`)).toContain('Parts: 2/5');
  });
});
