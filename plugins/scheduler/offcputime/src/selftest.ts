import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { SelfTest } from '@skep/core';

interface Row {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly frames: readonly string[];
  readonly total_us: bigint;
}

const SLEEPERS = 3;
/** Not every one: a 6.18 for micro machines now and then switches without passing sched_switch; see runqlat. */
const ENOUGH = 2;

/** Each sleeps a second. */
let sleepers: number[] = [];
async function sleepBesideOthers(): Promise<void> {
  const children = Array.from({ length: SLEEPERS }, () => spawn('sleep', ['1']));
  sleepers = children.map(({ pid }) => pid!);
  await Promise.all(children.map((child) => once(child, 'exit')));
}

const slept = (rows: readonly unknown[]) => (rows as Row[]).filter(({ pid }) => sleepers.includes(pid));

export const selftest: readonly SelfTest[] = [
  {
    // Without the short waits of others: the stacks of a busy machine fill the map before a second is over.
    options: { min_block_time: 100_000 },
    workload: sleepBesideOthers,
    expect: ({ blocked }) => {
      const rows = slept(blocked!).filter(({ frames }) => frames.some((frame) => /nanosleep/.test(frame)));
      const whole = rows.filter(
        ({ comm, pid, tid, total_us }) => comm === 'sleep' && pid === tid && total_us >= 900_000n,
      );
      return (
        whole.length >= ENOUGH ||
        `${whole.length} of ${SLEEPERS} sleepers were seen asleep for a second, in ${rows.length} rows`
      );
    },
  },
  {
    name: 'kernel stacks of long waits',
    options: { kernel_stacks_only: true, min_block_time: 500_000, max_block_time: 30_000_000, state: 1 },
    workload: sleepBesideOthers,
    expect: ({ blocked }) => {
      const rows = slept(blocked!);
      const sound = rows.filter(({ frames }) => /^(entry_|el0|ret_|__x64_|do_syscall)/.test(frames[0] ?? ''));
      const short = (blocked as Row[]).filter(({ total_us }) => total_us < 500_000n).length;
      if (short > 0) return `${short} waits are shorter than asked for`;
      const isWhole = rows.length >= ENOUGH && rows.length <= SLEEPERS && sound.length === rows.length;
      return isWhole || `${sound.length} of ${rows.length} rows of ${SLEEPERS} sleepers begin in a system call`;
    },
  },
  {
    name: 'threads of the kernel',
    options: { kernel_threads_only: true },
    workload: ({ sleep }) => {
      spawnSync('sync');
      return sleep(500);
    },
    expect: ({ blocked }) => {
      const rows = blocked as Row[];
      const kernel = rows.filter(({ frames }) => /^(ret_from_fork|kthread)/.test(frames[0] ?? '')).length;
      return (
        (kernel > 0 && kernel === rows.length) || `${kernel} of ${rows.length} stacks begin in a thread of the kernel`
      );
    },
  },
];
