import { readFileSync } from 'node:fs';
import type { Batch, EventStore, Schema } from '@skep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf } from '../native/fixture.js';
import { openPlace, PLACES, type Place, rowsOf, storeBatches, streamsOf, textOf } from './fixture.js';
import { libraryQueries, parseQuery } from './library.js';

const SECOND = 1_000_000_000n;
/** A few minutes ago, so that every default of `minutes` reaches it. */
const THEN = (BigInt(Date.now()) / 1000n - 120n) * SECOND;
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];
const SNAPSHOT = { snapshot: { timeNs: THEN, intervalNs: 5n * SECOND, complete: true } };

const repeat = <T>(times: number, row: (i: number) => T): T[] => Array.from({ length: times }, (_, i) => row(i));

/** What was seen, stream by stream; every number below is counted from it. */
const SEEN: Readonly<Record<string, readonly [stream: string, rows: readonly Record<string, unknown>[]]>> = {
  opensnoop: [
    'opens',
    [
      ...repeat(7, (i) => ({ time: THEN, pid: i % 2, err: 0, comm: 'cat', path: '/etc/passwd' })),
      ...repeat(3, () => ({ time: THEN, pid: 9, err: 2, comm: 'curl', path: '/etc/netrc' })),
      { time: THEN, pid: 9, err: 13, comm: 'curl', path: '/etc/shadow' },
    ],
  ],
  execsnoop: [
    'execs',
    [
      ...repeat(4, () => ({ time: THEN, pcomm: 'make', comm: 'cc1', ret: 0, args: '/usr/bin/cc1\0-O2' })),
      { time: THEN, pcomm: 'bash', comm: 'ls', ret: -2, args: '/bin/ls' },
    ],
  ],
  tcplife: [
    'sessions',
    [
      ...repeat(3, (i) => ({
        time: THEN,
        raddr: Uint8Array.from([...MAPPED, 10, 0, 0, 7]),
        rport: 443,
        tx_bytes: 100n,
        rx_bytes: 1000n,
        retransmits: i,
        duration_ns: BigInt(i + 1) * 1_000_000n,
      })),
      { time: THEN, raddr: Uint8Array.from([...MAPPED, 10, 0, 0, 8]), rport: 53, tx_bytes: 1n, duration_ns: 500_000n },
    ],
  ],
  gethostlatency: [
    'lookups',
    [
      ...repeat(3, (i) => ({ time: THEN, host: 'a.example', lat_ns: BigInt(i + 1) * 1_000_000n, ret: 0 })),
      { time: THEN, host: 'nowhere.example', lat_ns: 9_000_000n, ret: -2 },
    ],
  ],
  biolatency: [
    'latency',
    [
      { time: THEN, interval_start: 64n, interval_end: 127n, count: 98n },
      { time: THEN, interval_start: 1024n, interval_end: 2047n, count: 2n },
    ],
  ],
  runqlat: [
    'latency',
    [
      { time: THEN, lat_low: 2n, lat_high: 3n, count: 50n },
      { time: THEN, lat_low: 16n, lat_high: 31n, count: 50n },
    ],
  ],
  biotop: [
    'counts',
    [
      {
        time: THEN,
        pid: 5,
        comm: 'dd',
        direction: 0,
        disk: 'vda',
        io_count: 3n,
        bytes: 300n,
        total_latency_ns: 6_000_000n,
      },
      {
        time: THEN,
        pid: 6,
        comm: 'dd',
        direction: 1,
        disk: 'vda',
        io_count: 1n,
        bytes: 50n,
        total_latency_ns: 2_000_000n,
      },
    ],
  ],
  softirqs: [
    'totals',
    [
      { time: THEN, vec_name: 1, count: 4n, total_ns: 8_000_000n, max_ns: 5_000_000n },
      { time: THEN, vec_name: 9, count: 10n, total_ns: 1_000_000n, max_ns: 200_000n },
    ],
  ],
};

async function seen(): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (const [plugin, [stream, rows]] of Object.entries(SEEN)) {
    const schema = (await streamsOf(plugin)).find((one: Schema) => one.stream === stream)!;
    batches.push(batchOf(schema, rows, schema.shape === 'events' ? {} : SNAPSHOT));
  }
  return batches;
}

/** Each query, and its rows without moments. */
const ANSWERS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  'top-opens': [
    { path: '/etc/passwd', opens: 7, failed: 0, processes: 2, mostly_by: 'cat' },
    { path: '/etc/netrc', opens: 3, failed: 3, processes: 1, mostly_by: 'curl' },
    { path: '/etc/shadow', opens: 1, failed: 1, processes: 1, mostly_by: 'curl' },
  ],
  'failed-opens': [
    { path: '/etc/netrc', errno: 2, comm: 'curl', opens: 3, processes: 1 },
    { path: '/etc/shadow', errno: 13, comm: 'curl', opens: 1, processes: 1 },
  ],
  'execs-by-parent': [
    { parent: 'make', program: 'cc1', starts: 4, failed: 0, latest: '/usr/bin/cc1 -O2' },
    { parent: 'bash', program: 'ls', starts: 1, failed: 1, latest: '/bin/ls' },
  ],
  'tcp-by-destination': [
    {
      ...{ address: '10.0.0.7', port: 443, sessions: 3, sent_bytes: 300, received_bytes: 3000, retransmitted: 3 },
      ...{ avg_ms: 2, max_ms: 3 },
    },
    {
      ...{ address: '10.0.0.8', port: 53, sessions: 1, sent_bytes: 1, received_bytes: 0, retransmitted: 0 },
      ...{ avg_ms: 0.5, max_ms: 0.5 },
    },
  ],
  'dns-latency': [
    { name: 'a.example', lookups: 3, failed: 0, p50_ms: 2, p99_ms: 2.98, max_ms: 3 },
    { name: 'nowhere.example', lookups: 1, failed: 1, p50_ms: 9, p99_ms: 9, max_ms: 9 },
  ],
  // Buckets 6 (64) and 10 (1024) of 24: 98 is the fifth shade of ten, 2 the second.
  'disk-heatmap': [{ unit: 'usecs', requests: 100, heat: '      =   .             ' }],
  'disk-latency-percentiles': [{ unit: 'usecs', requests: 100, p50: 127, p90: 127, p99: 2047, most: 2047 }],
  'runq-latency-percentiles': [{ unit: 'usecs', waits: 100, p50: 3, p90: 31, p99: 31, most: 31 }],
  'top-disk-processes': [
    { comm: 'dd', disk: 'vda', requests: 4, read_bytes: 300, written_bytes: 50, processes: 2, avg_ms: 2 },
  ],
  'softirq-time': [
    { vector: 'timer', handlers: 4, total_ms: 8, avg_us: 2000, max_us: 5000 },
    { vector: 'rcu', handlers: 10, total_ms: 1, avg_us: 100, max_us: 200 },
  ],
};

const MOMENTS = ['last', 'time'];
const withoutMoments = (row: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !MOMENTS.includes(name)));

describe.each(PLACES)('the library on %s', (_, make) => {
  let place: Place;
  let store: EventStore;

  beforeAll(async () => {
    place = await make();
    await storeBatches(place, await seen());
    store = await openPlace(place);
  });
  afterAll(async () => {
    await store?.close();
    await place?.remove();
  });

  const named = (name: string) => libraryQueries().find((query) => query.name === name)!;

  it.each(Object.keys(ANSWERS))('%s counts what was stored', async (name) => {
    const rows = await rowsOf(store, { statement: named(name) });
    expect(rows.map(withoutMoments)).toEqual(ANSWERS[name]);
    expect(rows.every((row) => MOMENTS.some((moment) => moment in row)) || rows[0]!.last === undefined).toBe(true);
  });

  it('keeps to the host and to the time that are asked for', async () => {
    const statement = named('top-opens');
    expect(await rowsOf(store, { statement, parameters: { host: 'web-1', limit: '2' } })).toHaveLength(2);
    expect(await rowsOf(store, { statement, parameters: { host: 'web-2' } })).toEqual([]);
    expect(await rowsOf(store, { statement, parameters: { minutes: '1' } })).toEqual([]);
  });

  it('losses, agents and tables say what the sink wrote of itself', async () => {
    const losses = await rowsOf(store, { statement: named('agents') });
    expect(losses).toMatchObject([{ host: 'web-1', skep: '0.0.0', configuration: 'digest', starts: 1 }]);
    const tables = await rowsOf(store, { statement: named('tables') });
    expect(tables.find(({ table }) => table === 'opensnoop_opens')).toMatchObject({ stored_rows: 11, days: 1 });
    expect(tables.find(({ table }) => table === 'skep_schema')).toMatchObject({ days: 0, first_day: '' });
  });

  it('tells a complete hour from one that was not watched, lost events, or lacks rows', async () => {
    // An hour of long ago, with accounts that are written by hand: the real ones take an hour.
    const start = (THEN / (3600n * SECOND) - 30n) * 3600n * SECOND;
    const at = (seconds: bigint) => moment(start + seconds * SECOND);
    const [column] = await rowsOf(store, {
      statement: "SELECT type FROM system.columns WHERE database = 'skep' AND table = 'skep_losses' AND name = 'ts'",
    });
    const moment = (ns: bigint) =>
      column!.type === 'Int64' ? `toInt64(${ns})` : `fromUnixTimestamp64Nano(toInt64(${ns}))`;
    const run = (statement: string) => textOf(store, { statement, write: true });
    const account = (source: string, from: bigint, to: bigint, first: number, next: number, full = 0) =>
      run(
        `INSERT INTO skep_losses (ts, since, host, boot, source, stream, stream_table, first_seq, next_seq, ring_full) ` +
          `SELECT ${at(to)}, ${at(from)}, 'db-1', 'b', '${source}', 'opens', 'opensnoop_opens', ${first}, ${next}, ${full}`,
      );
    const rows = (source: string, count: number, second = 100n) =>
      run(
        `INSERT INTO opensnoop_opens (ts, host, boot, source, seq) ` +
          `SELECT ${at(second)}, 'db-1', 'b', '${source}', number FROM numbers(${count})`,
      );
    for (const source of ['whole', 'late', 'lossy', 'gap']) {
      await account(source, source === 'late' ? 60n : 0n, 1800n, 0, 100);
      await account(source, 1800n, 3600n, 100, 150, source === 'lossy' ? 1 : 0);
      await rows(source, source === 'gap' ? 149 : 150);
    }
    const hour = new Date(Number(start / 1_000_000n)).toISOString().slice(0, 16).replace('T', ' ');
    const zone = await rowsOf(store, { statement: 'SELECT timezone() AS zone' });
    expect(zone[0]!.zone).toMatch(/UTC/);
    const found = await rowsOf(store, { statement: named('is-hour-complete'), parameters: { hour, host: 'db-1' } });
    expect(found.map(({ source, complete, why }) => [source, complete, why])).toEqual([
      ['gap', 'no', 'rows are missing: in the spool of the agent, or dropped'],
      ['late', 'no', 'no agent watched all of it'],
      ['lossy', 'no', 'events were lost'],
      ['whole', 'yes', ''],
    ]);
    expect(found.at(-1)).toMatchObject({
      watched_seconds: 3600,
      rows_numbered: 150,
      rows_present: 150,
      events_lost: 0,
    });
    const losses = await rowsOf(store, { statement: named('losses'), parameters: { minutes: '2880', host: 'db-1' } });
    expect(losses.find(({ source }) => source === 'lossy')).toMatchObject({ stream: 'opens', ring_was_full: 1 });
  });

  it('has tested every query', () => {
    const tested = [...Object.keys(ANSWERS), 'agents', 'is-hour-complete', 'losses', 'tables'];
    expect(libraryQueries().map(({ name }) => name)).toEqual(tested.sort());
  });
});

describe('a file of the library', () => {
  it('has a title, tools, and parameters whose types stand in the statement', () => {
    const query = parseQuery(
      'x',
      '-- What\n-- tools: a, b\n-- n = 5: most\n-- host =: only\nSELECT {n:UInt8}, {host:String};\n',
    );
    expect(query).toEqual({
      name: 'x',
      title: 'What',
      tools: ['a', 'b'],
      parameters: [
        { name: 'n', type: 'UInt8', default: '5', doc: 'most' },
        { name: 'host', type: 'String', default: '', doc: 'only' },
      ],
      text: 'SELECT {n:UInt8}, {host:String}',
    });
    expect(() => parseQuery('x', '-- What\n-- n = 5: most\nSELECT 1')).toThrow('parameter n');
  });

  it('is told of in the documentation', () => {
    const page = readFileSync('docs/storage.md', 'utf8');
    expect(libraryQueries().filter(({ name }) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('leaves no parameter without a default', () => {
    for (const { name, parameters, text } of libraryQueries()) {
      const used = new Set([...text.matchAll(/\{(\w+):\w+\}/g)].map(([, parameter]) => parameter));
      expect([name, [...used].sort()]).toEqual([name, parameters.map((one) => one.name).sort()]);
    }
  });
});
