// skep as a consumer, a program of its own: the probe of @skep/libbpf, its batches thrown away. See consumer.ts for what it says.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BATCH_ROWS, BatchBuilder, definePlugin, objectFile } from '@skep/core';
import { ObjectProbe, Poller, readObjectFile } from '@skep/libbpf';
import type { DrainReport } from './protocol.js';

const PERIOD_MS = 20;

const url = pathToFileURL(resolve(process.argv[2]));
const quiet = () => undefined;
const poller = new Poller();
const probe = new ObjectProbe({
  owner: { plugin: 'ringstorm', source: 'ringstorm' },
  definition: definePlugin({
    object: objectFile(url),
    attach: [['fill']],
    streams: { opens: { ring: 'events' } },
    selftest: [],
  }),
  file: readObjectFile(url),
  options: {},
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  poller,
});
await probe.open(); // never attached: another process runs the program
const batch = new BatchBuilder(probe.schemas[0], BATCH_ROWS);
let counts = fresh();

const timer = setInterval(drainAll, PERIOD_MS);
process.stdin.on('data', () => {
  drainAll();
  counts = fresh();
  process.stdout.write('started\n');
});
process.stdin.on('end', async () => {
  clearInterval(timer);
  drainAll();
  const { cpu, ...counted } = counts;
  const report: DrainReport = { ...counted, cpuNs: nanoseconds(process.cpuUsage(cpu)) };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await probe.close();
  await poller.close();
});
process.stdout.write(`program ${loadedProgram()}\n`);

function fresh() {
  return { events: 0, batches: 0, bytes: 0, drainNs: 0, cpu: process.cpuUsage() };
}

function nanoseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) * 1000;
}

function drainAll(): void {
  const start = process.cpuUsage();
  for (;;) {
    batch.reset();
    const rows = probe.drain(batch);
    if (rows === 0) break;
    counts.events += rows;
    counts.batches++;
    for (const column of batch.columns) if (column.kind === 'bytes') counts.bytes += column.ends[rows - 1];
  }
  counts.drainNs += nanoseconds(process.cpuUsage(start));
}

/** Id of the one BPF program this process holds: what the kernel tells of its descriptors. */
function loadedProgram(): string {
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    try {
      const id = /^prog_id:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
      if (id) return id;
    } catch {
      // the descriptor of the folder itself, closed by now
    }
  }
  throw new Error('no BPF program is loaded');
}
