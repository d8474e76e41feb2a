import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerEngine } from '@skep/sink-clickhouse';
import { startStore } from '@skep/sink-clickhouse/store';
import { ClickHouseServer, hasClickHouse } from '@skep/testing';
import { expect, it, onTestFinished } from 'vitest';
import { compiled } from './support/compile.js';
import { temporaryFolder } from './support/paths.js';
import { type SealedBlock, SealedBlocks } from './support/sealed.js';
import { seeded } from './support/seeded.js';
import { type Skep, startSkep } from './support/skep.js';
import { until } from './support/until.js';

const KILLS = 50;
const SEED = 20_261;
const PATH = '/skep-e2e/numbered';
/** Two minutes on an idle machine. */
const TIMEOUT_MS = 1_800_000;

/** What a store has of one run of the agent. */
interface Run {
  readonly boot: string;
  readonly rows: number;
  /** Distinct sequence numbers. */
  readonly numbers: number;
  /** Distinct pairs of sequence number and path: a duplicate that is one has the same content. */
  readonly pairs: number;
  readonly least: number;
  readonly most: number;
  /** Distinct differences between the number in the path and the sequence number: 1 when there is no gap. */
  readonly offsets: number;
}

const QUERY = `SELECT boot, toUInt32(count()) AS rows, toUInt32(uniqExact(seq)) AS numbers,
  toUInt32(uniqExact(seq, path)) AS pairs, toUInt32(min(seq)) AS least, toUInt32(max(seq)) AS most,
  toUInt32(uniqExact(toInt64(substring(path, ${PATH.length + 2})) - toInt64(seq))) AS offsets
  FROM skep.opensnoop_opens WHERE host = 'web-1' AND source = 'opens' GROUP BY boot`;

/**
 * Kill the agent at a moment that nobody chose: while it starts, runs, or ends. Most runs come as far as having something
 * to store, however long that takes on a busy machine.
 */
async function killSomewhen(skep: Skep, random: () => number, hasSealed: () => boolean): Promise<void> {
  if (random() < 0.3) await sleep(random() * 1500);
  else {
    await skep.attached();
    if (random() < 0.9) await skep.until('blocks are sealed', hasSealed);
    await sleep(random() * 1000);
    if (random() < 0.2) {
      skep.kill('SIGINT');
      await sleep(random() * 100);
    }
  }
  skep.kill('SIGKILL');
  await skep.ended;
}

function expectWhole(runs: readonly Run[], sealed: Iterable<SealedBlock>): void {
  const byBoot = new Map(runs.map((run) => [run.boot, run]));
  for (const run of runs) {
    expect(run).toMatchObject({ least: 0, numbers: run.most + 1, pairs: run.numbers, offsets: 1 });
  }
  for (const block of sealed) {
    const most = byBoot.get(block.boot)?.most ?? -1;
    expect(most, `the store lacks ${JSON.stringify(block)}`).toBeGreaterThanOrEqual(block.sequence + block.rows - 1);
  }
}

const duplicatesOf = (runs: readonly Run[]) => runs.reduce((sum, { rows, numbers }) => sum + rows - numbers, 0);

it.skipIf(!hasClickHouse())(
  `over ${KILLS} kill -9 of the agent nothing is lost that was in the spool, on a server and in the embedded engine`,
  async () => {
    const server = await ClickHouseServer.start();
    onTestFinished(() => server.close());
    const opener = spawn(compiled('numbered'), [PATH, '5'], { stdio: 'ignore' });
    onTestFinished(() => void opener.kill('SIGKILL'));
    const folder = temporaryFolder();
    const file = join(folder, 'skep.yaml');
    writeFileSync(
      file,
      `version: 1
agent: { name: web-1 }
plugins: { opens: { use: opensnoop, options: { pid: ${opener.pid}, buffer_pages: 4096 } } }
sinks:
  server: { use: clickhouse, url: "${server.url}", flush: 20ms }
  embedded: { use: clickhouse, url: "chdb:./data", flush: 20ms }\n`,
    );
    const stream = 'opens.opensnoop_opens';
    const [onServer, onEmbedded] = ['server', 'embedded'].map((sink) => {
      mkdirSync(join(folder, 'spool', sink), { recursive: true, mode: 0o700 });
      return new SealedBlocks(join(folder, 'spool', sink), stream);
    }) as [SealedBlocks, SealedBlocks];
    const random = seeded(SEED);
    let killedWithBlocks = 0;
    const runsIn = ({ seen }: SealedBlocks) => new Set([...seen.values()].map(({ boot }) => boot)).size;
    for (let kill = 0; kill < KILLS; kill++) {
      const before = [runsIn(onServer), runsIn(onEmbedded)];
      const hasSealed = () => runsIn(onServer) > before[0]! && runsIn(onEmbedded) > before[1]!;
      await killSomewhen(startSkep(['run', file]), random, hasSealed);
      if (onServer.waiting + onEmbedded.waiting > 0) killedWithBlocks++;
    }
    const last = startSkep(['run', file]);
    await last.attached();
    opener.kill('SIGKILL');
    await until(
      'the spools are empty',
      () => onServer.waiting + onEmbedded.waiting === 0,
      () => last.stderr,
    );
    last.kill('SIGINT');
    const { code, stderr } = await last.ended;
    expect(code, stderr).toBe(0);
    for (const sink of ['server', 'embedded']) {
      expect(readdirSync(join(folder, 'spool', sink))).not.toContain('quarantine');
    }

    const store = await startStore(join(folder, 'data'));
    onTestFinished(() => store.close());
    const embedded = new ServerEngine({
      ...{ name: 'embedded', url: 'http://store', user: 'default', password: '', compress: 'none', timeoutMs: 60_000 },
      socketPath: store.socketPath,
    });
    const stored = await embedded.rows<Run>(QUERY);
    await embedded.close();
    const text = await server.query(`${QUERY} FORMAT JSONEachRow`);
    const served = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Run);
    expectWhole(served, onServer.seen.values());
    expectWhole(stored, onEmbedded.seen.values());
    // A server without tokens may store a block twice, and its rows say so; the embedded engine never does.
    expect(duplicatesOf(stored)).toBe(0);
    const rows = (runs: readonly Run[]) => runs.reduce((sum, { numbers }) => sum + numbers, 0);
    console.log(
      `${KILLS} kills, ${killedWithBlocks} with blocks in the spool; ` +
        `server: ${onServer.seen.size} blocks, ${rows(served)} rows, ${duplicatesOf(served)} duplicates; ` +
        `embedded: ${onEmbedded.seen.size} blocks, ${rows(stored)} rows, 0 duplicates`,
    );
    expect(killedWithBlocks).toBeGreaterThan(0);
    // Most runs came as far as storing something.
    expect(served.length).toBeGreaterThan(KILLS / 2);
    expect(stored.length).toBeGreaterThan(KILLS / 2);
  },
  TIMEOUT_MS,
);
