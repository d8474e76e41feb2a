import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { HERE } from './places.js';

/** How late the timers of a process came, milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Environment that makes a Node.js process measure its event loop, reports going to `file`. */
export function delayEnvironment(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--import ${pathToFileURL(join(HERE, 'dist/delay-probe.js'))}`, SKEP_BENCH_DELAY: file };
}

/** The delay since the last time this was asked. @throws Error when the process does not say within ten seconds. */
export async function loopDelay(pid: number, file: string): Promise<LoopDelay> {
  const report = `${file}.${pid}`;
  rmSync(report, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 20) {
    await sleep(20);
    try {
      return JSON.parse(readFileSync(report, 'utf8')) as LoopDelay;
    } catch {
      // not yet, or not yet whole
    }
  }
  throw new Error('the process says nothing of its event loop');
}
