import type { Report } from '../report.js';
import type { Settings } from '../settings.js';
import { agent } from './agent.js';
import { blocks } from './blocks.js';
import { drain } from './drain.js';
import { memory } from './memory.js';
import { names } from './names.js';
import { opensnoop } from './opensnoop.js';
import { outage } from './outage.js';
import { queries } from './queries.js';
import { slowdown } from './slowdown.js';
import { startup } from './startup.js';
import { store } from './store.js';

/** A benchmark: one table. */
export interface Benchmark {
  readonly summary: string;
  run(settings: Settings): Promise<Report>;
}

/** By the name they are asked for on the command line. */
export const BENCHMARKS = {
  opensnoop: { summary: 'CPU per event and events per second, under a paced storm of opens', run: opensnoop },
  slowdown: { summary: 'how much slower the traced program gets', run: slowdown },
  drain: { summary: 'ring to columns, against a bare consumer in C', run: drain },
  blocks: { summary: 'columns to a block for ClickHouse, against JSON lines', run: blocks },
  queries: { summary: 'the queries of skep query, over ten million rows in the embedded engine', run: queries },
  store: {
    summary: 'batches to rows in ClickHouse, a server and the embedded engine, against JSONEachRow',
    run: store,
  },
  agent: { summary: 'the whole way from the kernel to ClickHouse at 200,000 opens per second', run: agent },
  outage: { summary: 'how fast a backlog is stored when the store is back', run: outage },
  startup: { summary: 'from exec to the first event', run: startup },
  names: { summary: 'names of addresses, with and without debug information', run: names },
  memory: { summary: 'eight tools at once', run: memory },
} as const satisfies Record<string, Benchmark>;

export type BenchmarkName = keyof typeof BENCHMARKS;
