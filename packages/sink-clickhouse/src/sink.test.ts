import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerEntry, Schema } from '@skep/core';
import { ClickHouseServer, hasClickHouse } from '@skep/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FaultProxy } from './faults/fixture.js';
import { batchOf, NUMBERED, numbered, sinkOf, temporaryFolder, until } from './fixture.js';
import { schemaOf, TIME } from './native/fixture.js';

/** A port that nothing listens on. */
const NOWHERE = 'http://127.0.0.1:9';

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => pattern.test(name));
}

describe.skipIf(!hasClickHouse())('ClickHouseSink', () => {
  let server: ClickHouseServer;
  let databases = 0;
  beforeAll(async () => {
    server = await ClickHouseServer.start();
  });
  afterAll(() => server.close());

  const freshDatabase = () => `sink_${databases++}`;
  const numbersIn = async (database: string) =>
    (await server.query(`SELECT n FROM ${database}.tool_rows ORDER BY n`)).split('\n').filter(Boolean).map(Number);
  const upTo = (end: number) => Array.from({ length: end }, (_, i) => i);

  /** A way to the server that can be closed. */
  async function gate(): Promise<FaultProxy> {
    const proxy = await FaultProxy.start({ host: '127.0.0.1', port: server.config.httpPort });
    onTestFinished(() => proxy.away());
    return proxy;
  }

  it('keeps rows while the server is away, and stores them when it is back, each once', async () => {
    const proxy = await gate();
    const database = freshDatabase();
    const { sink, context } = sinkOf(proxy.url, temporaryFolder(), { database });
    await sink.open([NUMBERED]);
    await proxy.away();
    for (let i = 0; i < 20; i++) {
      await sink.write(batchOf(NUMBERED, numbered(i * 10, 10)));
      await sink.flush();
    }
    expect(sink.status).toMatchObject({ taken: 200, stored: 0, blocks: 20 });
    // Said once, not at each of the many tries. A connection of before may be reset, before or while it is written to,
    // where others are refused: that is news.
    const reasons = /rows wait in the spool: .*(ECONNREFUSED|ECONNRESET|EPIPE)/;
    const said = context.logged.map((line) => reasons.exec(line)?.[1]);
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter((code, i) => code === undefined || code === said[i - 1])).toEqual([]);
    await proxy.listen();
    await until('all is stored', () => sink.status.blocks === 0);
    expect(await numbersIn(database)).toEqual(upTo(200));
    expect(context.logged.at(-1)).toMatch(/rows are stored again/);
  });

  it('stores what an earlier run left, though it never reached the server again, with the types the server has', async () => {
    const database = freshDatabase();
    const folder = temporaryFolder();
    const proxy = await gate();
    const first = sinkOf(proxy.url, folder, { database });
    await first.sink.open([NUMBERED]);
    await first.sink.close();
    await proxy.away();
    // The second run knows the server from the first alone.
    const second = sinkOf(proxy.url, folder, { database });
    await second.sink.open([NUMBERED]);
    await second.sink.write(batchOf(NUMBERED, numbered(0, 10)));
    await second.sink.close();
    expect(second.context.logged.at(-1)).toMatch(/blocks .* wait in the spool for the next start/);
    await proxy.listen();
    const third = sinkOf(proxy.url, folder, { database });
    await third.sink.open([NUMBERED]);
    await third.sink.flush();
    expect(await numbersIn(database)).toEqual(upTo(10));
    expect(third.sink.status).toMatchObject({ blocks: 0, quarantined: 0 });
  });

  it('stores what was sealed before any server was known, in the types of the one that comes', async () => {
    const database = freshDatabase();
    const folder = temporaryFolder();
    const proxy = await gate();
    await proxy.away();
    const { sink } = sinkOf(proxy.url, folder, { database });
    await sink.open([NUMBERED]);
    // Made for the newest server: this one knows neither DateTime64 nor LowCardinality.
    await sink.write(batchOf(NUMBERED, numbered(0, 10)));
    await sink.flush();
    await proxy.listen();
    await until('all is stored', () => sink.status.blocks === 0);
    expect(await numbersIn(database)).toEqual(upTo(10));
    expect(sink.status).toMatchObject({ quarantined: 0, dropped: 0 });
    expect(filesBelow(folder, /\.part$/)).toEqual([]);
    await sink.close();
  });

  it('makes a table again that was dropped under it', async () => {
    const database = freshDatabase();
    const { sink } = sinkOf(server.url, temporaryFolder(), { database });
    await sink.open([NUMBERED]);
    await server.query(`DROP TABLE ${database}.tool_rows`);
    await sink.write(batchOf(NUMBERED, numbered(0, 10)));
    await sink.flush();
    await until('all is stored', () => sink.status.blocks === 0);
    expect(await numbersIn(database)).toEqual(upTo(10));
  });

  it('sets aside a block that a changed table will never take, with the reason, and goes on with the next', async () => {
    const database = freshDatabase();
    const folder = temporaryFolder();
    const { sink } = sinkOf(server.url, folder, { database });
    await sink.open([NUMBERED]);
    await server.query(`DROP TABLE ${database}.tool_rows`);
    await server.query(
      `CREATE TABLE ${database}.tool_rows (ts Int64, host String, boot String, source String, seq UInt64, n String, comm String) ` +
        'ENGINE = MergeTree PARTITION BY tuple() ORDER BY ts',
    );
    await sink.write(batchOf(NUMBERED, numbered(0, 10)));
    await sink.flush();
    await until('the block is set aside', () => sink.status.quarantined === 10);
    await sink.write(batchOf(NUMBERED, numbered(10, 10)));
    await sink.flush();
    await until('the next is stored', () => sink.status.blocks === 0);
    const query = `SELECT groupArray(n_uint64) FROM (SELECT n_uint64 FROM ${database}.tool_rows ORDER BY seq)`;
    expect(await server.query(query)).toBe('[10,11,12,13,14,15,16,17,18,19]\n');
    const [reason] = filesBelow(join(folder, 'spool/store/quarantine'), /\.reason\.txt$/);
    expect(readFileSync(join(folder, 'spool/store/quarantine', reason!), 'utf8')).toMatch(/code 368|code 53/);
  });

  it('sets aside a block that was damaged in the spool, and stores the others', async () => {
    const database = freshDatabase();
    const folder = temporaryFolder();
    const proxy = await gate();
    const { sink } = sinkOf(proxy.url, folder, { database });
    await sink.open([NUMBERED]);
    await proxy.away();
    for (let i = 0; i < 3; i++) {
      await sink.write(batchOf(NUMBERED, numbered(i * 10, 10)));
      await sink.flush();
    }
    await sink.close();
    const [, second] = filesBelow(join(folder, 'spool/store/rows.tool_rows'), /\.native$/).sort();
    const path = join(folder, 'spool/store/rows.tool_rows', second!);
    const bytes = readFileSync(path);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(path, bytes);
    await proxy.listen();
    const after = sinkOf(proxy.url, folder, { database });
    await after.sink.open([NUMBERED]);
    await after.sink.flush();
    expect(await numbersIn(database)).toEqual([...upTo(10), ...upTo(10).map((n) => n + 20)]);
    expect(after.sink.status.quarantined).toBe(10);
  });

  it('drops the oldest when the spool is full and may, and the ledger in the store says how many', async () => {
    const database = freshDatabase();
    const proxy = await gate();
    const spool = { size: 20_000, when_full: 'drop-oldest' };
    // Not started: at the end of a minute that falls into the test, rows of its own would be dropped too.
    const { sink, context } = sinkOf(proxy.url, temporaryFolder(), { database, spool });
    await sink.open([NUMBERED]);
    await proxy.away();
    for (let i = 0; i < 20; i++) {
      await sink.write(batchOf(NUMBERED, numbered(i * 100, 100)));
      await sink.flush();
    }
    const { dropped } = sink.status;
    expect(dropped).toBeGreaterThan(0);
    await proxy.listen();
    await until('all is stored', () => sink.status.blocks === 0);
    await sink.close();
    expect(context.logged).toContain(`${dropped} rows were dropped by the spool: the store does not get them`);
    expect(await numbersIn(database)).toEqual(upTo(2000).slice(dropped));
    const [row] = (await server.query(`SELECT * FROM ${database}.skep_losses FORMAT JSONEachRow`)).split('\n');
    expect(JSON.parse(row!)).toMatchObject({
      source: 'rows',
      stream: 'rows',
      stream_table: 'tool_rows',
      first_seq: '0',
      next_seq: '2000',
      dropped: String(dropped),
      stored: String(2000 - dropped),
    });
  });

  it('holds writes back when the spool is full, lets them go when the agent stops, and loses nothing', async () => {
    const database = freshDatabase();
    const folder = temporaryFolder();
    const proxy = await gate();
    const options = { database, spool: { size: 10_000 } };
    const { sink, context } = sinkOf(proxy.url, folder, options, { limits: { rows: 100, intervalMs: 60_000 } });
    await sink.open([NUMBERED]);
    await proxy.away();
    let settled = 0;
    const writing = (async () => {
      for (let i = 0; i < 20; i++) {
        await sink.write(batchOf(NUMBERED, numbered(i * 100, 100)));
        settled++;
      }
    })();
    await until('the spool is full', () => context.logged.some((line) => line.includes('is full')));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(settled).toBeLessThan(20);
    context.stop.abort();
    await writing;
    await sink.close();
    await proxy.listen();
    const after = sinkOf(proxy.url, folder, { database });
    await after.sink.open([NUMBERED]);
    await after.sink.flush();
    await until('all is stored', () => after.sink.status.blocks === 0);
    expect(await numbersIn(database)).toEqual(upTo(2000));
  });

  it('writes an account of every interval that sums up to what the agent counts', async () => {
    const database = freshDatabase();
    const { sink, context } = sinkOf(server.url, temporaryFolder(), { database });
    const entry: LedgerEntry = {
      source: 'rows',
      stream: 'rows',
      sink: 'store',
      attempted: 5n,
      delivered: 0n,
      held: 0n,
      ringFull: 5n,
      mapFull: 0n,
      cut: 0n,
      skippedRuns: 3n,
      filtered: 0n,
      sinkFailed: 0n,
    };
    context.entries.push({ ...entry, sink: 'other', attempted: 1000n }, entry);
    await sink.open([NUMBERED]);
    await sink.start();
    await sink.write(batchOf(NUMBERED, numbered(0, 10)));
    Object.assign(entry, { attempted: 18n, delivered: 10n, ringFull: 7n, filtered: 1n, skippedRuns: 7n });
    await sink.close();
    // Two intervals, when a minute ended meanwhile.
    const sums = ['attempted', 'delivered', 'ring_full', 'skipped_runs', 'filtered'].map((name) => `sum(${name})`);
    const account = `SELECT ${sums.join(', ')}, min(first_seq), max(next_seq) FROM ${database}.skep_losses`;
    expect(await server.query(account)).toBe('13\t10\t2\t4\t1\t0\t10\n');
    const [agent] = (await server.query(`SELECT * FROM ${database}.skep_agents FORMAT JSONEachRow`)).split('\n');
    expect(JSON.parse(agent!)).toMatchObject({ host: 'web-1', version: '0.0.0', config: 'digest' });
  });

  it('keeps names that are hostile to SQL, to paths and to tokens', async () => {
    const database = freshDatabase();
    const folder = temporaryFolder();
    const host = "o'hare\n`; DROP TABLE x; --../../\\\u{1f41d}";
    const hostile: Schema = schemaOf([TIME, { name: 'n', type: 'u64' }], { source: '../../etc/pass\0wd' });
    const { sink } = sinkOf(server.url, folder, { database }, {}, { name: host });
    await sink.open([hostile]);
    await sink.write(batchOf(hostile, numbered(0, 3)));
    await sink.flush();
    const query = `SELECT source, host, count() FROM ${database}.tool_rows GROUP BY source, host FORMAT JSONEachRow`;
    expect(JSON.parse(await server.query(query))).toEqual({
      source: '../../etc/pass\0wd',
      host,
      'count()': '3',
    });
    expect(readdirSync(folder).sort()).toEqual(['spool']);
  });

  it('refuses to start with a wrong password, and waits with one that was right before', async () => {
    const guarded = await ClickHouseServer.start({ password: 'right' });
    onTestFinished(() => guarded.close());
    const folder = temporaryFolder();
    const database = freshDatabase();
    const wrong = sinkOf(guarded.url, folder, { database, password: 'wrong' });
    await expect(wrong.sink.open([NUMBERED])).rejects.toMatchObject({
      code: 'SKEP_STORE',
      fault: 'access',
      message: expect.stringMatching(/password.*193/),
    });
    const right = sinkOf(guarded.url, folder, { database, password: 'right' });
    await right.sink.open([NUMBERED]);
    await right.sink.close();
    const changed = sinkOf(guarded.url, folder, { database, password: 'wrong' });
    await changed.sink.open([NUMBERED]);
    await changed.sink.write(batchOf(NUMBERED, numbered(0, 5)));
    await changed.sink.close();
    expect(changed.context.logged.join('\n')).not.toContain('wrong');
    const again = sinkOf(guarded.url, folder, { database, password: 'right' });
    await again.sink.open([NUMBERED]);
    await again.sink.flush();
    expect(await guarded.query(`SELECT count() FROM ${database}.tool_rows`)).toBe('5\n');
  });

  it('starts though no server was ever reached, and says so', async () => {
    const { sink, context } = sinkOf(NOWHERE, temporaryFolder());
    await sink.open([NUMBERED]);
    await sink.write(batchOf(NUMBERED, numbered(0, 5)));
    await sink.close();
    expect(context.logged[0]).toMatch(/rows wait in the spool: http:\/\/127.0.0.1:9: nobody listens there/);
    expect(sink.status).toMatchObject({ taken: 7, stored: 0, dropped: 0 });
  });
});
