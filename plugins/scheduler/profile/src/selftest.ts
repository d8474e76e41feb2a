import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { SelfTest, SelfTestContext } from '@skep/core';

/** Two functions that burn time three to one, called by a third. */
const BUSY = `
#include <stdlib.h>
volatile unsigned long total;
__attribute__((noinline)) void skep_hot(long turns) { for (long i = 0; i < turns; i++) total += i; }
__attribute__((noinline)) void skep_warm(long turns) { for (long i = 0; i < turns; i++) total += i; }
__attribute__((noinline)) void skep_caller(long turns)
{
	skep_hot(3 * turns);
	skep_warm(turns);
	__asm__ volatile("" ::: "memory");
}
int main(void)
{
	for (;;)
		skep_caller(100000);
}
`;

async function burn({ folder, skip, sleep }: SelfTestContext): Promise<void> {
  const path = join(folder, 'skep-busy');
  // With optimisation gcc gives innermost functions no frame, whatever it is told.
  const flags = ['-O0', '-x', 'c', '-', '-o', path];
  const compiler = ['cc', 'clang'].find((name) => !spawnSync(name, ['--version']).error);
  if (compiler === undefined) skip('no C compiler');
  execFileSync(compiler!, flags, { input: BUSY });
  const child = spawn(path);
  await sleep(2500);
  // Named while it lives: the last snapshot is taken once the workload is done.
  setTimeout(() => child.kill('SIGKILL'), 5000);
}

interface Row {
  readonly comm: string;
  readonly frames: readonly string[];
  readonly samples: bigint;
}

export const selftest: readonly SelfTest[] = [
  {
    options: { frequency: 99 },
    workload: burn,
    expect: ({ samples }) => {
      const rows = (samples as Row[]).filter(({ comm }) => comm === 'skep-busy');
      const within = (...names: string[]) =>
        rows
          .filter(({ frames }) => names.every((name) => frames.includes(name)))
          .reduce((sum, row) => sum + Number(row.samples), 0);
      const hot = within('main', 'skep_caller', 'skep_hot');
      const warm = within('main', 'skep_caller', 'skep_warm');
      return (hot > 10 && hot > warm && warm > 0) || `skep_hot has ${hot} samples, skep_warm ${warm}`;
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
