import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '@skep/core';
import type { Report } from '../report.js';
import { type Contender, chosen, inRounds } from '../rounds.js';
import { withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';
import { type BenchStore, type StoreKind, startBenchStore, storeMissing } from '../stores/bench-store.js';
import { opensBatch, opensSchema } from '../stores/opens.js';
import { createSink, stored } from '../stores/sink.js';

/** Events per second that come in before, during and after. */
const ARRIVAL = 20_000;
const BATCHES = 24;

interface Outage extends Contender {
  readonly kind: StoreKind;
}

const outages: readonly Outage[] = (['server', 'embedded'] as const).map((kind) => ({
  name: kind,
  isSkep: true,
  kind,
  missing: () => storeMissing(kind),
}));

/** A store that is away while events keep coming: how fast the spool is drained when it is back. */
export async function outage(settings: Settings): Promise<Report> {
  const awayS = settings.isSmoke ? 1 : Math.max(10, Math.round(settings.events / ARRIVAL));
  const schema = opensSchema();
  const batches = Array.from({ length: BATCHES }, (_, n) => opensBatch(schema, n));
  const results = await inRounds(chosen(outages, settings.only), settings, ({ kind }) =>
    withScratch(async (scratch) => {
      const running = await startBenchStore(kind, scratch.at(''));
      try {
        return await measure(running, scratch.at('agent'), batches, awayS, settings.limitS);
      } finally {
        await running.close();
      }
    }),
  );
  return {
    benchmark: 'outage',
    workload: `${ARRIVAL} events per second all the time, the store away for ${awayS} s, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'store' },
      { name: 'backlog', title: 'backlog rows', digits: 0 },
      { name: 'waitS', title: 'until it is tried s', digits: 1 },
      { name: 'drainS', title: 'drained in s', digits: 2 },
      { name: 'perSecond', title: 'rows/s', digits: 0 },
      { name: 'ratio', title: 'of arrival', digits: 1 },
      { name: 'missing', title: 'missing', digits: 0 },
      { name: 'twice', title: 'twice', digits: 0 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }) =>
      note === undefined ? { name, ...medianOf(rounds) } : { name, note },
    ),
    notes: [
      'drained: from the first row stored after the store is back until everything is stored that had come by then.',
      'The server is stopped and started again; the process of the embedded engine is stopped by a signal and goes on.',
    ],
  };
}

async function measure(running: BenchStore, folder: string, batches: readonly Batch[], awayS: number, limitS: number) {
  const sink = createSink(running.url, join(folder));
  await sink.open([batches[0].schema]);
  let taken = 0;
  let isOver = false;
  const arrival = (async () => {
    const start = performance.now();
    for (let n = 0; !isOver; n++) {
      const dueMs = (taken / ARRIVAL) * 1000 - (performance.now() - start);
      if (dueMs > 0) await sleep(dueMs);
      const batch = batches[n % batches.length];
      await sink.write(batch);
      taken += batch.rows;
    }
  })();
  await until('rows are stored', () => sink.status.stored > 0, limitS);
  await running.stop();
  await sleep(awayS * 1000);
  await running.start();
  const [back, before] = [performance.now(), sink.status.stored];
  await until('rows are stored again', () => sink.status.stored > before, limitS);
  const [first, waited] = [performance.now(), sink.status];
  const backlog = waited.taken - waited.stored;
  await until('the backlog is stored', () => sink.status.stored - waited.stored >= backlog, limitS);
  const drainS = (performance.now() - first) / 1000;
  const perSecond = (sink.status.stored - waited.stored) / drainS;
  isOver = true;
  await arrival;
  await stored(sink, limitS);
  await sink.close();
  const sql = 'SELECT toString(count()) AS rows, toString(uniqExact(boot, seq)) AS numbers FROM skep.bench_opens';
  const [found] = await running.engine.rows<{ rows: string; numbers: string }>(sql);
  const [rows, numbers] = [Number(found?.rows), Number(found?.numbers)];
  return {
    backlog,
    waitS: (first - back) / 1000,
    drainS,
    perSecond,
    ratio: perSecond / ARRIVAL,
    missing: taken - numbers,
    twice: rows - numbers,
  };
}

async function until(what: string, condition: () => boolean, limitS: number): Promise<void> {
  for (const end = Date.now() + limitS * 1000; Date.now() < end; await sleep(2)) if (condition()) return;
  throw new Error(`waited in vain until ${what}`);
}
