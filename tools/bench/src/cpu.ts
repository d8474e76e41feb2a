import { execFileSync } from 'node:child_process';
import { buildProgram } from './build.js';
import { processTree } from './process-tree.js';

const TICK_NS = 10_000_000; // USER_HZ is 100 on every architecture

/** Sum of the second column of what `cputime` writes. */
export function sumCpuTimes(text: string): number {
  return text.split('\n').reduce((sum, line) => sum + Number(line.split(' ')[1] ?? 0), 0);
}

/**
 * CPU nanoseconds, user and system, that the process and everything below it used so far: threads and ended children too.
 *
 * Live processes are read from their CPU clocks (nanoseconds), ended children from /proc/PID/stat (ticks of 10 ms).
 */
export async function treeCpuNs(root: number): Promise<number> {
  const cputime = await buildProgram('cputime');
  const tree = processTree(root);
  const ended = [...tree.values()].reduce((sum, { childTicks }) => sum + childTicks, 0) * TICK_NS;
  return ended + sumCpuTimes(execFileSync(cputime, [...tree.keys()].map(String), { encoding: 'latin1' }));
}
