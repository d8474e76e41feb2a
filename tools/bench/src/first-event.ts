import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { treeCpuNs } from './cpu.js';
import type { Command } from './subjects/subject.js';

/** How a subject started. */
export interface FirstEvent {
  /** From its exec to the first output that holds `path`. */
  readonly elapsedNs: number;
  /** CPU it used until then, user and system, all processes. */
  readonly cpuNs: number;
}

/** Starts a subject and waits until `path` shows up in what it writes to a pipe. @throws Error when it ends first, or in time. */
export async function firstEvent(command: Command, path: string, limitS: number): Promise<FirstEvent> {
  const [program, ...args] = command.argv;
  const start = process.hrtime.bigint();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...command.env } });
  let [output, errors] = ['', ''];
  child.stderr.setEncoding('latin1').on('data', (text: string) => (errors += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
  const seen = new Promise<FirstEvent>((resolve, reject) => {
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      output = output.slice(-path.length) + text;
      if (!output.includes(path)) return;
      const elapsedNs = Number(process.hrtime.bigint() - start);
      child.stdout.removeAllListeners('data').resume();
      treeCpuNs(child.pid ?? 0).then((cpuNs) => resolve({ elapsedNs, cpuNs }), reject);
    });
    ended.then(() => reject(new Error(`ended: ${errors.trim().split('\n').at(-1) || 'without a word'}`)));
    sleep(limitS * 1000, undefined, { ref: false }).then(() => reject(new Error('no event in time')));
  });
  try {
    return await seen;
  } finally {
    child.kill('SIGINT');
    const isEnded = await Promise.race([ended.then(() => true), sleep(10_000, false, { ref: false })]);
    if (!isEnded) child.kill('SIGKILL');
    await ended;
  }
}
