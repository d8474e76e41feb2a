import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { SelfTest, SelfTestContext } from '@skep/core';

/** A second of processor time, in the ticks of proc(5). */
const BURNT = 100;

/** Ticks that a process has used. */
function ticksOf(pid: number): number {
  const [, fields = ''] = /\) (.*)$/m.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return user! + system!;
}

/** Has the kernel fill memory with zeros, which is all that it does. */
let burner: number | undefined;
async function burn({ skip, sleep, signal }: SelfTestContext): Promise<void> {
  const child = spawn('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1M'], { stdio: 'ignore' });
  child.once('error', () => {}); // no dd: has no pid
  burner = child.pid ?? skip('no dd');
  // However long that takes: on a busy machine it gets a small part of a processor.
  while (ticksOf(burner) < BURNT && !signal.aborted) await sleep(20);
  child.kill('SIGKILL');
}

interface Row {
  readonly pid: number;
  readonly comm: string;
  readonly frames: readonly string[];
  readonly samples: bigint;
}

export const selftest: readonly SelfTest[] = [
  {
    options: { frequency: 99 },
    workload: burn,
    expect: ({ samples }) => {
      const rows = (samples as Row[]).filter(({ pid, comm }) => pid === burner && comm === 'dd');
      const sum = (some: readonly Row[]) => some.reduce((total, row) => total + Number(row.samples), 0);
      // Whatever a kernel calls it, the read of zeros leads, below the system call.
      const zeroing = rows.filter(({ frames }) => /read_(iter_)?zero/.test(frames.join(' ')));
      const [all, led] = [sum(rows), sum(zeroing)];
      return (all > 10 && led * 2 > all) || `${led} of ${all} samples of dd are in the read of zeros`;
    },
  },
  {
    name: 'kernel only, annotated',
    options: { frequency: 99, kernel_stacks_only: true, annotations: true },
    workload: ({ sleep }) => {
      const end = Date.now() + 1500;
      while (Date.now() < end) spawnSync('/bin/true');
      return sleep(1);
    },
    expect: ({ samples }) => {
      const rows = samples as Row[];
      const frames = rows.flatMap((row) => row.frames);
      const marked = frames.filter((frame) => frame.endsWith('_[k]')).length;
      return (marked > 10 && marked === frames.length) || `${marked} of ${frames.length} frames are marked`;
    },
  },
];
