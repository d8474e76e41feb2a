import { ClickHouseServer, hasClickHouse } from '@skep/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, NUMBERED, numbered, sinkOf, TABLE, temporaryFolder, until } from '../fixture.js';
import { seeded } from '../native/fixture.js';
import { FAULTS, FaultProxy } from './fixture.js';

const WANTED = 200;
const ROWS = 50;
/** Enough for a busy machine: a server that was killed starts again, and answers that never came take their time. */
const DRAINED_MS = 120_000;

describe.skipIf(!hasClickHouse())('a server without tokens', () => {
  let server: ClickHouseServer;
  beforeAll(async () => {
    server = await ClickHouseServer.start();
  });
  afterAll(() => server.close());

  it(`misses nothing over ${WANTED} faults, and every duplicate is told by its boot and seq`, async () => {
    const proxy = await FaultProxy.start({ host: '127.0.0.1', port: server.config.httpPort });
    onTestFinished(() => proxy.away());
    const { sink } = sinkOf(proxy.url, temporaryFolder(), { timeout: '1s', flush: '20ms' });
    await sink.open([NUMBERED]);
    const random = seeded(1);
    proxy.next = () => {
      if (proxy.faults >= WANTED || random() < 0.4) return undefined;
      return FAULTS[Math.floor(random() * FAULTS.length)];
    };
    let emitted = 0;
    while (proxy.faults < WANTED) {
      await sink.write(batchOf(NUMBERED, numbered(emitted, ROWS)));
      emitted += ROWS;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await sink.flush();
    await until('all is stored', () => sink.status.blocks === 0, DRAINED_MS);
    expect([...proxy.seen.keys()].sort()).toEqual([...FAULTS].sort());
    expect(sink.status).toMatchObject({ quarantined: 0, dropped: 0 });
    const [count, distinct, least, most, keys] = (
      await server.query(`SELECT count(), uniqExact(n), min(n), max(n), uniqExact(boot, seq) FROM ${TABLE}`)
    )
      .trim()
      .split('\t')
      .map(Number);
    expect({ distinct, least, most, keys }).toEqual({ distinct: emitted, least: 0, most: emitted - 1, keys: emitted });
    // Rows that landed although the answer was lost are here twice: this server cannot tell.
    expect(count).toBeGreaterThan(emitted);
  });

  it('misses nothing over a kill in the middle of inserts and an outage, and takes the backlog as well as what comes', async () => {
    const database = 'outage';
    const { sink, context } = sinkOf(server.url, temporaryFolder(), { database, flush: '20ms' });
    await sink.open([NUMBERED]);
    let emitted = 0;
    const emit = async (batches: number) => {
      for (let i = 0; i < batches; i++) {
        await sink.write(batchOf(NUMBERED, numbered(emitted, ROWS)));
        emitted += ROWS;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await emit(100);
    await Promise.all([server.kill(), emit(400)]);
    expect(sink.status.blocks).toBeGreaterThan(10);
    await Promise.all([server.start(), emit(100)]);
    const isAllStored = () => sink.status.blocks === 0 && sink.status.stored === sink.status.taken;
    await until('all is stored', isAllStored, DRAINED_MS);
    await emit(20);
    await sink.flush();
    await until('all is stored', () => sink.status.blocks === 0, DRAINED_MS);
    expect(context.logged.some((line) => line.includes('rows are stored again'))).toBe(true);
    const query = `SELECT uniqExact(n), min(n), max(n), uniqExact(boot, seq) FROM ${database}.tool_rows`;
    expect(await server.query(query)).toBe(`${emitted}\t0\t${emitted - 1}\t${emitted}\n`);
  });
});
