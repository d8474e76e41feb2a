import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row, SelfTest, SelfTestContext } from '@skep/core';

/** Lives until its memory has been looked at, by this process, for one of these rows. */
async function sleepUntilSeen({ seen, skip }: SelfTestContext, isWanted: (row: Row) => boolean): Promise<void> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  child.once('error', () => {}); // no sleep: has no pid
  const pid = child.pid ?? skip('no sleep');
  try {
    await seen('events', (rows) => rows.some((row) => row.pid === pid && isWanted(row)));
  } finally {
    child.kill('SIGKILL');
  }
}

// biome-ignore lint/suspicious/noExplicitAny: rows as the tests have them
const said = (events: readonly any[] | undefined) =>
  JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? Number(value) : value));

const SEEN = 'STRCMP("/tmp/skep-selftest-", args->filename)';

export const selftest: readonly SelfTest[] = [
  {
    options: { probes: [`t:syscalls:sys_enter_openat (${SEEN}) "%s", args->filename`] },
    workload: ({ folder }) => {
      writeFileSync(join(folder, 'seen'), '');
      return spawnSync('cat', [join(folder, 'seen')]);
    },
    expect: ({ events }, { folder }) =>
      events!.some(({ comm, message }) => comm === 'cat' && message === join(folder, 'seen')) || said(events),
  },
  {
    name: 'stacks of a program, and the name of an address in it',
    options: { probes: ['p:c:setlocale "at %U", PT_REGS_IP(ctx)'], user_stack: true, name: 'sleep' },
    workload: (context) => sleepUntilSeen(context, () => true),
    // The caller is told, in whose frame the function has not yet put itself.
    expect: ({ events }) =>
      events!.some(
        ({ message, user_stack: stack }) =>
          /^at setlocale\+0x\d \[libc/.test(message) &&
          stack.at(-1) === 'setlocale' &&
          /^(main|\[(sleep|coreutils|busybox)\+0x[0-9a-f]+\])$/.test(stack.at(-2)),
      ) || said(events),
  },
  {
    name: 'stacks of the kernel, and the name of an address in it',
    options: {
      probes: ['t:timer:hrtimer_start "%K", args->function'],
      include: ['linux/hrtimer.h'],
      kernel_stack: true,
      name: 'sleep',
    },
    // Not at the first timer: an interrupt that falls into the start of the program starts that of the tick again.
    workload: (context) => sleepUntilSeen(context, ({ message }) => String(message).startsWith('hrtimer_wakeup')),
    expect: ({ events }) =>
      events!.some(
        ({ message, kernel_stack: stack }) =>
          message === 'hrtimer_wakeup+0x0' && stack.some((frame: string) => /nanosleep/.test(frame)),
      ) || said(events),
  },
];
