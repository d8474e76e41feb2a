import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { type EventStore, type LibraryQuery, type OptionDefinition, type OptionValues, parseOption } from '@skep/core';
import { everyStream, loadPlugin } from '@skep/runner/tool';
import clickhouse from '@skep/sink-clickhouse';
import { treeCpuNs } from '../cpu.js';
import { WORKSPACE } from '../places.js';
import { fillStore, TOOLS } from '../queries/fill.js';
import type { Report } from '../report.js';
import { type Scratch, withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { median } from '../statistics.js';

/** Rows of the store: ten million in a full run. */
const ROWS_PER_EVENT = 10;
/** All that was filled, where a query looks back by itself. */
const ALL = { minutes: '1450' };
/** The store process stays for seconds after its last user. */
const LINGER_MS = 5000;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Every query of the library over the rows of a day, in the embedded engine. */
export async function queries(settings: Settings): Promise<Report> {
  return withScratch(async (scratch) => {
    const options = optionsOf({ url: `chdb:${scratch.at('store')}` });
    await makeTables(options, scratch);
    const store = await clickhouse.queries!.open(options as never, {
      name: 'bench',
      folder: scratch.at(''),
      log: quiet,
    });
    try {
      const total = await fillStore(store, settings.events * ROWS_PER_EVENT);
      await merged(store);
      const pid = Number(await readFile(scratch.at('store/store.pid'), 'utf8'));
      const rows = [];
      for (const query of clickhouse.queries!.library()) {
        const first = await timed(store, query, pid, ALL);
        const again = [];
        const usual = [];
        for (let round = 0; round < settings.rounds; round++) {
          again.push(await timed(store, query, pid, ALL));
          usual.push((await timed(store, query, pid, {})).ms);
        }
        rows.push({
          name: query.name,
          usualMs: median(usual),
          answers: first.answers,
          firstMs: first.ms,
          ms: median(again.map(({ ms }) => ms)),
          cpuMs: median(again.map(({ cpuMs }) => cpuMs)),
        });
      }
      return {
        benchmark: 'queries',
        workload: `${total.toLocaleString('en')} rows of 24 hours and ten hosts`,
        columns: [
          { name: 'name', title: 'query' },
          { name: 'usualMs', title: 'last hour, ms', digits: 0 },
          { name: 'answers', title: 'all: answers', digits: 0 },
          { name: 'firstMs', title: 'first ms', digits: 0 },
          { name: 'ms', title: 'again ms', digits: 0 },
          { name: 'cpuMs', title: 'CPU ms', digits: 0 },
        ],
        rows,
        notes: [
          'From the question to the last row of the answer: the last hour, as queries ask by themselves, and all rows.',
          'CPU: of the process of the engine, over all rows. On a busy machine the other figures are of the machine.',
        ],
      };
    } finally {
      await store.close();
      await wait(LINGER_MS);
    }
  });
}

/** Tables as an agent makes them. */
async function makeTables(options: OptionValues, scratch: Scratch): Promise<void> {
  const sink = clickhouse.create(options as never, {
    name: 'bench',
    folder: scratch.at(''),
    log: quiet,
    agent: { name: 'bench', version: '0', startedMs: Date.now(), configDigest: () => '' },
    account: () => [],
    stopping: new AbortController().signal,
  });
  const plugins = await Promise.all(TOOLS.map((tool) => loadPlugin(tool, [WORKSPACE])));
  await sink.open(plugins.flatMap((plugin) => everyStream(plugin)));
  await sink.close();
}

function optionsOf(given: Readonly<Record<string, string>>): OptionValues {
  const definitions = clickhouse.options as Readonly<Record<string, OptionDefinition>>;
  return Object.fromEntries(
    Object.entries(definitions).map(([name, one]) => [
      name,
      given[name] === undefined ? one.default : parseOption('bench', name, one, given[name]),
    ]),
  ) as OptionValues;
}

interface Timed {
  readonly answers: number;
  readonly ms: number;
  readonly cpuMs: number;
}

/** @param pid of the process whose CPU counts */
async function timed(
  store: EventStore,
  query: LibraryQuery,
  pid: number,
  wanted: Readonly<Record<string, string>>,
): Promise<Timed> {
  const parameters = Object.fromEntries(
    Object.entries(wanted).filter(([name]) => query.parameters.some((one) => one.name === name)),
  );
  const cpuBefore = await treeCpuNs(pid);
  const before = performance.now();
  const { length: answers } = await ask(store, query, parameters);
  const ms = performance.now() - before;
  return { answers, ms, cpuMs: ((await treeCpuNs(pid)) - cpuBefore) / 1e6 };
}

async function ask(
  store: EventStore,
  statement: string | LibraryQuery,
  parameters: Readonly<Record<string, string>> = {},
): Promise<(readonly (string | null)[])[]> {
  const signal = new AbortController().signal;
  const answer = await store.ask({ statement, origin: 'bench', parameters, format: 'rows', write: false, signal });
  const rows: (readonly (string | null)[])[] = [];
  if (answer.kind === 'rows') for await (const row of answer.rows) rows.push(row);
  return rows;
}

/** What was just written is put together in the background, which takes the processors from what is measured. */
async function merged(store: EventStore): Promise<void> {
  for (let idle = 0; idle < 3; ) {
    const [row] = await ask(store, 'SELECT count() FROM system.merges');
    idle = row?.[0] === '0' ? idle + 1 : 0;
    await wait(200);
  }
}
