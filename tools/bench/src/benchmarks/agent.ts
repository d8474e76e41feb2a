import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { treeCpuNs } from '../cpu.js';
import { delayEnvironment, loopDelay } from '../loop-delay.js';
import { reportedLosses } from '../losses.js';
import { WORKSPACE } from '../places.js';
import type { Report } from '../report.js';
import { type Contender, chosen, inRounds } from '../rounds.js';
import { Running } from '../running.js';
import { withScratch } from '../scratch.js';
import type { Settings } from '../settings.js';
import { medianOf } from '../statistics.js';
import { type BenchStore, type StoreKind, startBenchStore, storeMissing } from '../stores/bench-store.js';
import { runStorm } from '../storm.js';
import { skepCommand, skepMissing } from '../subjects/skep.js';

const RATE = 200_000;
const WARM_UP = 200_000;

interface Agent extends Contender {
  readonly kind: StoreKind;
}

const agents: readonly Agent[] = (['server', 'embedded'] as const).map((kind) => ({
  name: kind,
  isSkep: true,
  kind,
  missing: () => skepMissing() ?? storeMissing(kind),
}));

/** The whole way: opens in the kernel to rows in ClickHouse, with what the agent's event loop is like meanwhile. */
export async function agent(settings: Settings): Promise<Report> {
  const rate = settings.isSmoke ? settings.rate : RATE;
  const results = await inRounds(chosen(agents, settings.only), settings, ({ kind }) =>
    withScratch(async (scratch) => {
      const folder = scratch.at('agent');
      await mkdir(folder);
      await symlink(join(WORKSPACE, 'node_modules'), join(folder, 'node_modules'));
      const running = await startBenchStore(kind, scratch.at(''));
      try {
        return await measure(running, folder, rate, settings);
      } finally {
        await running.close();
      }
    }),
  );
  return {
    benchmark: 'agent',
    workload: `${settings.events} opens at ${rate} per second, median of ${settings.rounds}`,
    columns: [
      { name: 'name', title: 'store' },
      { name: 'made', title: 'made', digits: 0 },
      { name: 'perSecond', title: 'made/s', digits: 0 },
      { name: 'stored', title: 'stored', digits: 0 },
      { name: 'missing', title: 'missing', digits: 0 },
      { name: 'told', title: 'told lost', digits: 0 },
      { name: 'agentCpu', title: 'agent CPU s/M', digits: 2 },
      { name: 'storeCpu', title: 'store CPU s/M', digits: 2 },
      { name: 'p50Ms', title: 'delay p50 ms', digits: 1 },
      { name: 'p99Ms', title: 'p99', digits: 1 },
      { name: 'maxMs', title: 'max', digits: 1 },
      { name: 'idleP99Ms', title: 'idle p99', digits: 1 },
    ],
    rows: results.map(({ contender: { name }, rounds, note }) =>
      note === undefined ? { name, ...medianOf(rounds) } : { name, note },
    ),
    notes: [
      'opensnoop -> store by one agent; kernel, storm, agent and store share the CPUs of this machine.',
      'missing: opens of the storm that are no rows; told lost: what the agent says the ring lost, of any program.',
      'delay: how late a timer of a millisecond comes in the agent while it drains and stores the storm; idle p99: in a process',
      'that does nothing meanwhile.',
    ],
  };
}

async function measure(running: BenchStore, folder: string, rate: number, { events, limitS }: Settings) {
  const at = (name: string) => join(folder, name);
  const [file, path, warmUp, delays] = [at('skep.yaml'), at('storm'), at('warm-up'), at('delay')];
  const sink = `{ use: clickhouse, url: "${running.url}" }`;
  await writeFile(file, `version: 1\nplugins: { opens: opensnoop }\nsinks: { store: ${sink} }\n`);
  for (const name of [path, warmUp]) await writeFile(name, '');
  const argv = skepCommand('run', file) as [string, ...string[]];
  const skep = Running.start({ argv, env: delayEnvironment(delays) }, at('output'), at('errors'));
  try {
    await skep.ready(limitS);
    await runStorm({ events: Math.min(WARM_UP, events), rate, path: warmUp, limitS });
    await skep.quiet(limitS);
    await loopDelay(skep.pid, delays);
    const [agentBefore, storeBefore] = [await skep.cpuNs(), await treeCpuNs(running.pid)];
    const idle = monitorEventLoopDelay({ resolution: 1 });
    idle.enable();
    const storm = await runStorm({ events, rate, path, limitS });
    idle.disable();
    const delay = await loopDelay(skep.pid, delays);
    // Rows wait in memory for up to five seconds.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    await skep.quiet(limitS);
    const [agentNs, storeNs] = [(await skep.cpuNs()) - agentBefore, (await treeCpuNs(running.pid)) - storeBefore];
    await skep.stop();
    const stored = await rowsOf(running, path);
    return {
      made: storm.opened,
      perSecond: storm.opened / (storm.elapsedNs / 1e9),
      stored,
      missing: storm.opened - stored,
      told: reportedLosses(skep.errors()),
      agentCpu: agentNs / 1e3 / stored,
      storeCpu: storeNs / 1e3 / stored,
      ...delay,
      idleP99Ms: idle.percentile(99) / 1e6 - 1,
    };
  } finally {
    await skep.stop();
  }
}

async function rowsOf({ engine }: BenchStore, path: string): Promise<number> {
  const sql = 'SELECT toString(uniqExact(boot, seq)) AS rows FROM skep.opensnoop_opens WHERE path = {path:String}';
  // 18.16 knows no parameters: the path is our own.
  const [found] = await engine.rows<{ rows: string }>(sql.replace('{path:String}', `'${path}'`));
  return Number(found?.rows);
}
