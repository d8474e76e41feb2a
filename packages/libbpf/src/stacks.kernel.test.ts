import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Symbolizer } from '@skep/core';
import { afterAll, describe, expect, it } from 'vitest';
import { MAGIC, noKernel, PREAMBLE, probeOf } from './kernel-fixture.js';

const ROOM = 64;

const program = `#define SKEP_STACKS ${ROOM}
${PREAMBLE}
#include <skep/stack.bpf.h>

struct test_event {
	__u64 depth;
	__u32 pid;
	skep_comm_t comm;
	skep_kernel_stack_t kernel;
	skep_user_stack_t user;
};
SKEP_RING(events, struct test_event, 256 * 1024);
ON_CALL(stack_event)
{
	struct test_event *e;

	if (!IS_OURS(ctx))
		return 0;
	e = skep_reserve(events);
	if (!e)
		return 0;
	e->depth = ctx->args[1];
	e->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	e->kernel = skep_stack(events, ctx, 0);
	e->user = skep_stack(events, ctx, BPF_F_USER_STACK);
	skep_submit(events, e);
	return 0;
}
`;

/** Makes the call once from each depth of a recursion. */
const DEEP = `
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
__attribute__((noinline)) long deep(long left, int which, long depth)
{
	long result = left > 0 ? deep(left - 1, which, depth) : syscall(SYS_getpriority, which, depth);
	__asm__ volatile("" ::: "memory");
	return result + 1;
}
int main(int argc, char **argv)
{
	for (long depth = atol(argv[1]); depth <= atol(argv[2]); depth++)
		deep(depth, atoi(argv[3]), depth);
	return 0;
}
`;

const hex = (addresses: BigUint64Array) => Array.from(addresses, (address) => address.toString(16));
const addressesAsNames: Symbolizer = {
  prepareKernel() {},
  prepareUser() {},
  kernel: hex,
  user: (pid, addresses) => hex(addresses).map((address) => `${pid}:${address}`),
};

describe.skipIf(noKernel)(`stacks of events${noKernel ? ` (skipped: ${noKernel})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-stacks-'));
  const deep = join(folder, 'deep');
  if (!noKernel) {
    execFileSync('clang', ['-O1', '-fno-omit-frame-pointer', '-x', 'c', '-', '-o', deep], { input: DEEP });
  }
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (from: number, to: number) => execFileSync(deep, [from, to, MAGIC].map(String));
  const probe = () =>
    probeOf(
      program,
      { attach: [['stack_event']], streams: { calls: { ring: 'events' } } },
      { symbolizer: addressesAsNames },
    );

  it('are whole, and none is lost while more pass through than the map has room for', async () => {
    const test = probe();
    try {
      await test.probe.open();
      await test.probe.attach();
      for (let from = 1; from <= 100; from += 10) {
        run(from, from + 9);
        test.drain();
      }
      await test.finish();
      expect(test.rows).toHaveLength(100);
      const depths = test.rows.map(({ user, depth }) => (user as string[]).length - Number(depth));
      expect(new Set(depths).size).toBe(1);
      for (const { user, pid, kernel } of test.rows) {
        expect((user as string[]).every((frame) => frame.startsWith(`${pid}:`))).toBe(true);
        expect((kernel as string[]).length).toBeGreaterThan(0);
      }
      expect(test.probe.losses('calls')).toMatchObject({ attempted: 100n, cut: 0n });
    } finally {
      await test.probe.close();
      await test.poller.close();
    }
  });

  it('that find no room are counted, and their rows say so', async () => {
    const test = probe();
    try {
      await test.probe.open();
      await test.probe.attach();
      run(1, 100);
      await test.finish();
      const lost = test.rows.filter(({ user }) => String(user) === '[lost]');
      expect(test.rows).toHaveLength(100);
      expect(lost.length).toBeGreaterThanOrEqual(100 - ROOM);
      expect(test.probe.losses('calls').cut).toBe(BigInt(lost.length));
    } finally {
      await test.probe.close();
      await test.poller.close();
    }
  });
});
