// Loaded into a process by NODE_OPTIONS=--import: each SIGUSR2 writes the delay of its event loop since the one before.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A timer this often; what it comes late is the delay. */
const RESOLUTION_MS = 1;

const { SKEP_BENCH_DELAY: file } = process.env;
if (file !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  process.on('SIGUSR2', () => {
    const late = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
    const { max } = histogram;
    const report = { p50Ms: late(histogram.percentile(50)), p99Ms: late(histogram.percentile(99)), maxMs: late(max) };
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(report));
    histogram.reset();
  });
}
