import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { NUMBERED, noKernel, probeOf, Storm } from './kernel-fixture.js';
import { onlineCpus } from './perf-event.js';

const PRIME = 300_007;

const RESERVED = `${NUMBERED}
SKEP_RING(events, struct test_event, 16 * 1024);
ON_CALL(storm_reserve)
{
	struct test_event *e;

	if (!IS_OURS(ctx))
		return 0;
	e = skep_reserve(events);
	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->number = ctx->args[1];
	e->pid = bpf_get_current_pid_tgid() >> 32;
	skep_submit(events, e);
	return 0;
}
`.replace('__u32 filler[9];', '__u8 filler[36];');

const OUTPUT = `${NUMBERED}
SKEP_RING(events, struct test_event, 16 * 1024);
SKEP_SCRATCH(scratch, struct test_event);
ON_CALL(storm_output)
{
	struct test_event *e = skep_scratch(scratch);

	if (!e || !IS_OURS(ctx))
		return 0;
	e->number = ctx->args[1];
	e->pid = bpf_get_current_pid_tgid() >> 32;
	skep_output(events, e, 16 + (e->number & 31));
	return 0;
}
`.replace('__u32 filler[9];', '__u8 filler[36];');

describe.skipIf(noKernel)(`a storm faster than the drain${noKernel ? ` (skipped: ${noKernel})` : ''}`, () => {
  const storm = noKernel ? undefined : new Storm();
  afterAll(() => storm?.remove());

  it.each([
    ['reserved records', 'storm_reserve', RESERVED],
    ['records of many lengths', 'storm_output', OUTPUT],
  ])('loses exactly what is missing: %s', async (_, program, source) => {
    const test = probeOf(source, { attach: [[program]], streams: { calls: { ring: 'events' } } });
    try {
      await test.probe.open();
      await test.probe.attach();
      const cpus = onlineCpus().slice(0, 4);
      let working = true;
      const storms = cpus.map((cpu, i) => storm!.run(PRIME, { first: i * PRIME, cpu }));
      const all = Promise.all(storms).finally(() => {
        working = false;
      });
      while (working) {
        test.drain();
        await sleep(5);
      }
      await all;
      await test.finish();
      const { attempted, ringFull } = test.probe.losses('calls');
      expect(attempted).toBe(BigInt(PRIME * cpus.length));
      expect(test.rows.length).toBeGreaterThan(0);
      expect(ringFull).toBeGreaterThan(0n);
      expect(BigInt(test.rows.length) + ringFull).toBe(attempted);
      expect(test.probe.held('calls')).toBe(0n);
      // Each process's numbers rise: nothing came twice, nothing was torn.
      const last = new Map<unknown, bigint>();
      const disordered = test.rows.filter(({ pid, number }) => {
        const before = last.get(pid) ?? -1n;
        last.set(pid, number as bigint);
        return (number as bigint) <= before;
      });
      expect(disordered).toEqual([]);
      // No other process than theirs, but perhaps not all: one may have run between two drains, while the ring was full.
      expect(last.size).toBeLessThanOrEqual(cpus.length);
    } finally {
      await test.probe.close();
      await test.poller.close();
    }
  });

  it('is delivered whole when the ring is large enough', async () => {
    const calls = 10_007;
    const large = RESERVED.replace('16 * 1024', '4 * 1024 * 1024');
    const test = probeOf(large, { attach: [['storm_reserve']], streams: { calls: { ring: 'events' } } });
    try {
      await test.probe.open();
      await test.probe.attach();
      storm!.runSync(calls);
      expect(test.probe.held('calls')).toBe(BigInt(calls));
      await test.finish();
      expect(test.rows.map(({ number }) => number)).toEqual(Array.from({ length: calls }, (_, i) => BigInt(i)));
      expect(test.probe.losses('calls')).toEqual({ attempted: BigInt(calls), ringFull: 0n, mapFull: 0n, cut: 0n });
      expect(test.lost).toBe(0);
    } finally {
      await test.probe.close();
      await test.poller.close();
    }
  });
});

describe.skipIf(noKernel)('a waiting user space', () => {
  const storm = noKernel ? undefined : new Storm();
  afterAll(() => storm?.remove());
  // 16 KiB hold 292 records of 56 bytes.
  const TIMER_MS = 60_000;

  it.each([
    ['is woken long before its timer when the ring is half full', 200, true],
    ['is left alone while the ring is less than half full', 100, false],
  ])('%s', async (_, calls, woken) => {
    const test = probeOf(RESERVED, { attach: [['storm_reserve']], streams: { calls: { ring: 'events' } } });
    try {
      await test.probe.open();
      await test.probe.attach();
      await test.poller.wait(1); // whatever registering the descriptors has left
      const began = performance.now();
      const waiting = test.poller.wait(woken ? TIMER_MS : 500);
      await storm!.run(calls);
      await waiting;
      const waited = performance.now() - began;
      if (woken) expect(waited).toBeLessThan(TIMER_MS / 2);
      else expect(waited).toBeGreaterThan(490);
      expect(test.drain()).toBe(calls);
    } finally {
      await test.probe.close();
      await test.poller.close();
    }
  });
});
