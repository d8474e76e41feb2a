import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerEngine } from '@skep/sink-clickhouse';
import { startStore } from '@skep/sink-clickhouse/store';
import { ClickHouseServer, hasClickHouse } from '@skep/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Disk } from './support/disk.js';
import { temporaryFolder } from './support/paths.js';
import { accountOf, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';
import { until } from './support/until.js';

const MISSING = '/skep-e2e/no/such/file';
const COUNT = 'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(boot, seq)) AS numbers FROM skep.opensnoop_opens';

function configOf(folder: string, pid: number, sink: string): string {
  const file = join(folder, 'skep.yaml');
  const plugin = `{ use: opensnoop, options: { pid: ${pid}, buffer_pages: 512 } }`;
  writeFileSync(file, `version: 1\nplugins: { opens: ${plugin} }\nsinks: { store: { use: clickhouse, ${sink} } }\n`);
  return file;
}

async function countIn(server: ClickHouseServer): Promise<unknown> {
  return JSON.parse(await server.query(`${COUNT} FORMAT JSONEachRow`));
}

/** A store that had no space is tried again after a minute. */
const SHIPPED_MS = 300_000;
const TIMEOUT_MS = 600_000;

/** Settles when no block waits in this spool any more. */
async function shipped(spool: string): Promise<void> {
  const blocks = () =>
    readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => /\.native$/.test(name));
  await until(
    'the spool is empty',
    () => blocks().length === 0,
    () => blocks().join('\n'),
    SHIPPED_MS,
  );
}

describe.skipIf(!hasClickHouse())('a disk that is full', { timeout: TIMEOUT_MS }, () => {
  it('under the spool is named; nothing is dropped but what the kernel counts, and it goes on when there is space', async () => {
    const server = await ClickHouseServer.start();
    onTestFinished(() => server.close());
    const storm = new Storm(MISSING);
    const folder = temporaryFolder();
    const disk = new Disk(join(folder, 'disk'), '32m');
    const spool = 'spool: { path: ./disk/spool }';
    const skep = startSkep(['run', configOf(folder, storm.pid, `url: "${server.url}", flush: 20ms, ${spool}`)]);
    await skep.attached();
    await storm.open(1000);
    // Blocks that are shipped later would leave space to those that come.
    const stored = () => countIn(server).catch(() => ({}));
    await until('they are stored', async () => ((await stored()) as { rows?: number }).rows === 1000);
    await shipped(join(folder, 'disk/spool'));
    disk.fill();
    await storm.open(1000);
    await skep.until('the full disk is named', () => /cannot write to the spool .*disk.*ENOSPC/.test(skep.stderr));
    await storm.open(50_000);
    disk.free();
    await skep.until('the spool is written again', () => /disk\/spool is written again/.test(skep.stderr));
    await storm.open(1000);
    await shipped(join(folder, 'disk/spool'));
    skep.kill('SIGINT');
    const { code, stderr } = await skep.ended;
    const { attempted, delivered, lost, losses } = accountOf(stderr, 'opens.opens -> store');
    expect(attempted).toBe(53_000);
    expect(delivered + lost).toBe(53_000);
    if (lost > 0) expect(losses).toEqual({ 'ring full': lost });
    expect(await countIn(server)).toEqual({ rows: delivered, numbers: delivered });
    expect(code).toBe(0);
  });

  it('under the spool costs the oldest rows where that was asked for, and the ledger in the store counts them', async () => {
    const server = await ClickHouseServer.start();
    onTestFinished(() => server.close());
    const storm = new Storm(MISSING);
    const folder = temporaryFolder();
    new Disk(join(folder, 'disk'), '256k');
    const spool = 'spool: { path: ./disk/spool, when_full: drop-oldest }';
    const skep = startSkep(['run', configOf(folder, storm.pid, `url: "${server.url}", flush: 20ms, ${spool}`)]);
    await skep.attached();
    await server.stop();
    for (let i = 0; i < 40; i++) await storm.open(500);
    const named = /cannot write to the spool .*disk.*, the oldest rows are dropped: ENOSPC/;
    await skep.until('the full disk is named', () => named.test(skep.stderr));
    await server.start();
    await shipped(join(folder, 'disk/spool'));
    skep.kill('SIGINT');
    const { code, stderr } = await skep.ended;
    const { delivered } = accountOf(stderr, 'opens.opens -> store');
    expect(delivered).toBe(20_000);
    const dropped = Number(
      await server.query("SELECT sum(dropped) FROM skep.skep_losses WHERE stream_table = 'opensnoop_opens'"),
    );
    expect(dropped).toBeGreaterThan(0);
    expect(await countIn(server)).toEqual({ rows: 20_000 - dropped, numbers: 20_000 - dropped });
    expect(code).toBe(0);
  });

  it('of a server is named; its rows wait in the spool, and are stored when there is space', async () => {
    const folder = temporaryFolder();
    const disk = new Disk(join(folder, 'disk'), '64m');
    const server = await ClickHouseServer.start({ folder: disk.folder });
    onTestFinished(() => server.close());
    await fillsUp(folder, disk, `url: "${server.url}"`);
    expect(await countIn(server)).toEqual({ rows: 12_000, numbers: 12_000 });
  });
});

it('a disk that is full, of the embedded engine, is named; its rows wait in the spool, and are stored when there is space', {
  timeout: TIMEOUT_MS,
}, async () => {
  const folder = temporaryFolder();
  const disk = new Disk(join(folder, 'disk'), '64m');
  await fillsUp(folder, disk, 'url: "chdb:./disk/data"');
  const store = await startStore(join(disk.folder, 'data'));
  onTestFinished(() => store.close());
  const settings = { url: 'http://store', user: 'default', password: '', compress: 'none', timeoutMs: 60_000 } as const;
  const engine = new ServerEngine({ name: 'store', ...settings, socketPath: store.socketPath });
  expect(await engine.rows(COUNT)).toEqual([{ rows: 12_000, numbers: 12_000 }]);
  await engine.close();
});

/** An agent stores 1000 rows, 10,000 while its store has no space, and 1000 more. */
async function fillsUp(folder: string, disk: Disk, url: string): Promise<void> {
  const storm = new Storm(MISSING);
  const skep = startSkep(['run', configOf(folder, storm.pid, `${url}, flush: 20ms, spool: { path: ./spool }`)]);
  await skep.attached();
  await storm.open(1000);
  disk.fill();
  for (let i = 0; i < 20; i++) await storm.open(500);
  await skep.until('the full disk is named', () => /rows wait in the spool: .*space/i.test(skep.stderr));
  disk.free();
  await storm.open(1000);
  await shipped(join(folder, 'spool'));
  skep.kill('SIGINT');
  const { code, stderr } = await skep.ended;
  expect(accountOf(stderr, 'opens.opens -> store')).toMatchObject({ attempted: 12_000, delivered: 12_000, lost: 0 });
  expect(stderr).not.toMatch(/wait in the spool for the next start/);
  expect(existsSync(join(folder, 'spool/quarantine')), stderr).toBe(false);
  expect(code).toBe(0);
}
