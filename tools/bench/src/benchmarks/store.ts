import { join } from 'node:path';
import { type Batch, type Schema, valueAt } from '@skep/core';
import { createDatabase, createStatements, planTables } from '@skep/sink-clickhouse';
import { treeCpuNs } from '../cpu.js';
import type { Report } from '../report.js';
import { type Contender, chosen, inRounds } from '../rounds.js';
import { withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';
import { type BenchStore, type StoreKind, startBenchStore, storeMissing } from '../stores/bench-store.js';
import { opensBatch, opensSchema } from '../stores/opens.js';
import { createSink, stored } from '../stores/sink.js';

const TABLES = { database: 'skep' };
const TABLE = 'skep.bench_opens';
/** Rows of an insert, as the sink's. */
const BLOCK_BATCHES = 12;
const IN_FLIGHT = 2;

interface Writer extends Contender {
  readonly kind: StoreKind;
  /** Settles when all batches are stored. */
  write(store: BenchStore, schema: Schema, batches: readonly Batch[], run: Run): Promise<Used>;
}

/** What one measurement is given. */
interface Run {
  readonly folder: string;
  readonly limitS: number;
}

/** What it used. */
interface Used {
  readonly seconds: number;
  readonly ownCpuNs: number;
  readonly storeCpuNs: number;
}

const writers: readonly Writer[] = (['server', 'embedded'] as const).flatMap((kind) => [
  { name: `skep -> ${kind}`, isSkep: true, kind, missing: () => storeMissing(kind), write: writeBySink },
  { name: `JSONEachRow -> ${kind}`, isSkep: false, kind, missing: () => storeMissing(kind), write: writeJson },
]);

/** From batches in memory to rows that are acknowledged: the sink with its spool, and the client's way with JSON. */
export async function store(settings: Settings): Promise<Report> {
  const schema = opensSchema();
  const blocks = Math.max(1, Math.round(settings.events / (BLOCK_BATCHES * opensBatch(schema, 0).rows)));
  const batches = Array.from({ length: blocks * BLOCK_BATCHES }, (_, n) => opensBatch(schema, n));
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const results = await inRounds(chosen(writers, settings.only), settings, (writer) =>
    withScratch(async (scratch) => {
      const running = await startBenchStore(writer.kind, scratch.at(''));
      try {
        const run = { folder: scratch.at(''), limitS: settings.limitS };
        const used = await writer.write(running, schema, batches, run);
        await expectRows(running, rows);
        return { ...figures(used, rows), bytesPerRow: await bytesPerRow(running) };
      } finally {
        await running.close();
      }
    }),
  );
  const perRow = new Map(
    results.filter(({ rounds }) => rounds.length > 0).map(({ contender, rounds }) => [contender, medianOf(rounds)]),
  );
  return {
    benchmark: 'store',
    workload: `${rows} rows of eight numbers, a name and a path, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'way' },
      { name: 'perSecond', title: 'rows/s', digits: 0 },
      { name: 'ownCpu', title: 'agent CPU s/M', digits: 2 },
      { name: 'storeCpu', title: 'store CPU s/M', digits: 2 },
      { name: 'ratio', title: 'CPU of JSON', digits: 2 },
      { name: 'bytesPerRow', title: 'bytes/row on disk', digits: 1 },
    ],
    rows: results.map(({ contender, note }) => {
      const middle = perRow.get(contender);
      if (note !== undefined || !middle) return { name: contender.name, note: note ?? 'no figures' };
      const peer = writers.find(({ kind, isSkep }) => kind === contender.kind && !isSkep);
      const json = peer && perRow.get(peer);
      const ratio = json && (middle.ownCpu + middle.storeCpu) / (json.ownCpu + json.storeCpu);
      return { name: contender.name, ...middle, ratio };
    }),
    notes: [
      'From the first batch until every row is acknowledged. CPU s/M: user and system seconds per million rows.',
      'skep: columns to a block, sealed in the spool, checked, sent. JSONEachRow: objects given to @clickhouse/client, no spool,',
      `inserts of as many rows, ${IN_FLIGHT} in flight. On disk: merged into one part, in the table skep makes.`,
    ],
  };
}

async function used(running: BenchStore, work: () => Promise<void>): Promise<Used> {
  const [own, other, start] = [process.cpuUsage(), await treeCpuNs(running.pid), performance.now()];
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(own);
  return { seconds, ownCpuNs: (user + system) * 1000, storeCpuNs: (await treeCpuNs(running.pid)) - other };
}

async function writeBySink(
  running: BenchStore,
  schema: Schema,
  batches: readonly Batch[],
  { folder, limitS }: Run,
): Promise<Used> {
  const sink = createSink(running.url, join(folder, 'agent'));
  await sink.open([schema]);
  try {
    return await used(running, async () => {
      for (const batch of batches) await sink.write(batch);
      await stored(sink, limitS);
    });
  } finally {
    await sink.close();
  }
}

async function writeJson(running: BenchStore, schema: Schema, batches: readonly Batch[]): Promise<Used> {
  const { engine, client } = running;
  const capabilities = await engine.connect();
  const [table] = planTables(schema, TABLES, capabilities);
  for (const sql of [createDatabase(TABLES), ...createStatements(table, TABLES, capabilities)])
    await engine.command(sql);
  const isWhole = !capabilities.dateTime64;
  let next = 0;
  const work = async () => {
    while (next < batches.length) {
      const first = next;
      next += BLOCK_BATCHES;
      const values = batches.slice(first, next).flatMap((batch, n) => rowsOf(batch, (first + n) * batch.rows, isWhole));
      const token = { insert_deduplication_token: `bench:${first}` };
      await client.insert({
        table: TABLE,
        values,
        format: 'JSONEachRow',
        ...(capabilities.deduplicationToken ? { clickhouse_settings: token } : {}),
      });
    }
  };
  return used(running, async () => void (await Promise.all(Array.from({ length: IN_FLIGHT }, work))));
}

/** Objects, as a program that knows nothing of columns has them. */
function rowsOf(batch: Batch, firstSequence: number, isWhole: boolean): Record<string, unknown>[] {
  return Array.from({ length: batch.rows }, (_, r) => {
    const row: Record<string, unknown> = {
      host: 'bench',
      boot: '0000000000000000',
      source: 'bench',
      seq: firstSequence + r,
    };
    for (const [f, { name }] of batch.schema.fields.entries()) {
      const value = valueAt(batch.columns[f], r);
      if (name === 'time')
        row.ts = isWhole ? String(value) : `${String(value).slice(0, -9)}.${String(value).slice(-9)}`;
      else row[name] = value instanceof Uint8Array ? Buffer.from(value).toString() : value;
    }
    return row;
  });
}

async function expectRows({ engine }: BenchStore, rows: number): Promise<void> {
  const [found] = await engine.rows<{ rows: string }>(`SELECT toString(uniqExact(boot, seq)) AS rows FROM ${TABLE}`);
  if (Number(found?.rows) !== rows) throw new Error(`${found?.rows} of ${rows} rows are stored`);
}

async function bytesPerRow({ engine }: BenchStore): Promise<number> {
  await engine.command(`OPTIMIZE TABLE ${TABLE} FINAL`);
  const [found] = await engine.rows<{ bytes: number }>(
    "SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND table = 'bench_opens'",
  );
  return Number(found?.bytes);
}

function figures({ seconds, ownCpuNs, storeCpuNs }: Used, rows: number) {
  return { perSecond: rows / seconds, ownCpu: ownCpuNs / 1e3 / rows, storeCpu: storeCpuNs / 1e3 / rows };
}
