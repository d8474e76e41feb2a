import { spawnSync } from 'node:child_process';
import { prepareHeaders } from '@skep/headers';
import { syscall } from './native/syscall-fixture.js';

/** Why programs cannot be compiled and run here; undefined when they can. */
export const noPrograms: string | undefined = process.getuid?.() === 0 ? withHeaders() : 'not root';

function withHeaders(): string | undefined {
  try {
    Object.assign(
      process.env,
      prepareHeaders(() => undefined),
    );
    return undefined;
  } catch (error) {
    return `no kernel headers: ${(error as Error).message}`;
  }
}

/** Calls with this first argument are those of the tests. */
export const MAGIC = 0x5ee9;

const GETPRIORITY = process.arch === 'arm64' ? 141 : 140;

/** getpriority(MAGIC, first .. first + calls - 1): fails at once, and nobody else calls it. */
export function storm(calls: number, first = 0): void {
  for (let i = 0; i < calls; i++) syscall(GETPRIORITY, MAGIC, first + i);
}

/** Let this thread run on these CPUs only: `0`, `0-3`. */
export function runOn(cpus: string): void {
  const { status, stderr } = spawnSync('taskset', ['-p', '-c', cpus, String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}

/** Descriptors of BPF maps and programs that this process holds. */
export function bpfDescriptors(): number {
  const { stdout } = spawnSync('sh', ['-c', `ls -l /proc/${process.pid}/fd | grep -cE 'anon_inode:(\\[)?bpf'`], {
    encoding: 'utf8',
  });
  return Number(stdout);
}
