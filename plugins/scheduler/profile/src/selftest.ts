import { spawn, spawnSync } from 'node:child_process';
import type { SelfTest, SelfTestContext } from '@skep/core';

/** Has the kernel fill memory with zeros, which is all that it does. */
let burner: number | undefined;
async function burn({ skip, sleep }: SelfTestContext): Promise<void> {
  const child = spawn('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1M'], { stdio: 'ignore' });
  if (child.pid === undefined) skip('no dd');
  burner = child.pid;
  await sleep(2000);
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
