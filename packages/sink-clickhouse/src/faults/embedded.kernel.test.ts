import { join } from 'node:path';
import { startStore } from '@skep/sink-clickhouse/store';
import { expect, it, onTestFinished } from 'vitest';
import { ServerEngine } from '../engine/server.js';
import { batchOf, NUMBERED, numbered, sinkOf, TABLE, temporaryFolder, until } from '../fixture.js';
import { seeded } from '../native/fixture.js';
import { goneProcess } from '../store/fixture.js';
import { FAULTS, FaultProxy } from './fixture.js';

const WANTED = 200;
const ROWS = 50;
/** Enough for a busy machine: answers that never came and a store that was killed take their time. */
const DRAINED_MS = 120_000;

/** A store whose process can be killed, and is started again at once. */
class MortalStore {
  kills = 0;
  private readonly folder: string;
  private readonly spool: string;
  private handle: Awaited<ReturnType<typeof startStore>> | undefined;
  private dying: Promise<void> | undefined;

  constructor(folder: string, spool: string) {
    this.folder = folder;
    this.spool = spool;
  }

  async start(): Promise<string> {
    this.handle = await startStore(this.folder, { spool: this.spool });
    return this.handle.socketPath;
  }

  kill(): void {
    this.dying ??= this.revive().finally(() => {
      this.dying = undefined;
    });
  }

  async close(): Promise<void> {
    await this.dying;
    const { handle } = this;
    if (!handle) return;
    const { pid } = handle;
    await handle.close();
    await goneProcess(pid);
  }

  private async revive(): Promise<void> {
    this.kills++;
    process.kill(this.handle!.pid, 'SIGKILL');
    // Not by its own supervisor, which is right to wait longer each time.
    await this.handle!.close();
    await this.start();
  }
}

// The agent names the sealed file and the store reads it; any other client sends its rows.
it.each(['a file is named', 'rows are sent'])(
  `the embedded engine misses nothing and has nothing twice over ${WANTED} faults and kills of its process, when %s`,
  async (way) => {
    const folder = temporaryFolder();
    const store = new MortalStore(join(folder, 'data'), join(folder, 'spool', 'store'));
    onTestFinished(() => store.close());
    const socketPath = way === 'a file is named' ? join(folder, 'proxy.sock') : undefined;
    const proxy = await FaultProxy.start({ socketPath: await store.start() }, socketPath);
    onTestFinished(() => proxy.away());
    const engineOf = (timeoutMs: number) =>
      new ServerEngine({
        ...{ name: 'store', user: 'default', password: '', compress: 'none', timeoutMs },
        ...(socketPath === undefined ? { url: proxy.url } : { url: 'http://store', socketPath }),
      });
    const engine = engineOf(1000);
    const { sink } = sinkOf('http://store', folder, { flush: '20ms' }, { engine, inFlight: 4 });
    await sink.open([NUMBERED]);
    const random = seeded(2);
    // Where the body is the statement, one that ends early is another statement: see the dialect's tests.
    const kinds = FAULTS.filter((kind) => socketPath === undefined || kind !== 'body ends early');
    const faults = () => proxy.faults + store.kills;
    proxy.next = () => {
      if (faults() >= WANTED || random() < 0.4) return undefined;
      if (random() < 0.1) {
        setTimeout(() => store.kill(), random() * 20);
        return undefined;
      }
      return kinds[Math.floor(random() * kinds.length)];
    };
    let emitted = 0;
    while (faults() < WANTED) {
      await sink.write(batchOf(NUMBERED, numbered(emitted, ROWS)));
      emitted += ROWS;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await sink.flush();
    await until('all is stored', () => sink.status.blocks === 0, DRAINED_MS);
    console.log(`${proxy.faults} faults, ${store.kills} kills of the store, ${emitted} rows`);
    expect([...proxy.seen.keys()].sort()).toEqual([...kinds].sort());
    expect(store.kills).toBeGreaterThan(0);
    expect(sink.status).toMatchObject({ quarantined: 0, dropped: 0 });
    const [row] = await engineOf(60_000).rows(
      'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(n)) AS distinct, toUInt32(min(n)) AS least, ' +
        `toUInt32(max(n)) AS most, toUInt32(uniqExact(boot, seq)) AS keys FROM ${TABLE}`,
    );
    expect(row).toEqual({ rows: emitted, distinct: emitted, least: 0, most: emitted - 1, keys: emitted });
  },
  900_000,
);
