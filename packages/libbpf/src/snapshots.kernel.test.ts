import { afterAll, describe, expect, it } from 'vitest';
import { noKernel, PREAMBLE, probeOf, Storm } from './kernel-fixture.js';
import { onlineCpus } from './perf-event.js';

const PRIME = 500_009;
const KEYS = 61;
/** Taken at least while calls are counted. */
const SNAPSHOTS = 10;

const counting = (kind: string, entries: number) => `${PREAMBLE}
struct test_key { __u32 key; };
struct test_value { __u64 count; skep_hist_t dist; };
SKEP_SNAPSHOT(calls, ${kind}, struct test_key, struct test_value, ${entries});
ON_CALL(snap_count)
{
	struct test_key key = { .key = ctx->args[1] % ${KEYS} };
	struct test_value *value;

	if (!IS_OURS(ctx))
		return 0;
	value = skep_slot(calls, &key);
	if (!value)
		return 0;
	skep_add(&value->count, 1);
	skep_hist_add(&value->dist, ctx->args[1]);
	return 0;
}
`;

const HISTOGRAM = { low: 'low', high: 'high', count: 'values', unit: 'calls' };

describe.skipIf(noKernel)(`snapshots under load${noKernel ? ` (skipped: ${noKernel})` : ''}`, () => {
  const storm = noKernel ? undefined : new Storm();
  afterAll(() => storm?.remove());

  async function count(kind: string, entries: number) {
    const streams = { totals: { snapshot: 'calls' }, dist: { snapshot: 'calls', histogram: HISTOGRAM } };
    const test = probeOf(counting(kind, entries), { attach: [['snap_count']], streams }, { everyMs: 10 });
    const cpus = onlineCpus().slice(0, 4);
    try {
      await test.probe.open();
      await test.probe.attach();
      let storms = 0;
      // Again until enough of them have fallen into the storm: who gets the CPUs is not ours to say.
      while (test.snapshots <= SNAPSHOTS) {
        let working = true;
        const all = Promise.all(cpus.map((cpu) => storm!.run(PRIME, { cpu }))).finally(() => {
          working = false;
        });
        storms += cpus.length;
        while (working) {
          await test.poller.wait(20);
          test.drain();
        }
        await all;
      }
      await test.finish();
      const covered = test.probe.covered('totals');
      const held = test.probe.held('totals');
      const sum = (name: string) => test.rows.reduce((total, row) => total + ((row[name] as bigint) ?? 0n), 0n);
      const { snapshots, rows } = test;
      const losses = test.probe.losses('totals');
      return {
        total: BigInt(PRIME * storms),
        counted: sum('count'),
        values: sum('values'),
        covered,
        held,
        losses,
        snapshots,
        rows,
      };
    } finally {
      await test.probe.close();
      await test.poller.close();
    }
  }

  it.each(['HASH', 'PERCPU_HASH', 'ARRAY', 'PERCPU_ARRAY'])(
    'of a %s lose nothing while they are taken',
    async (kind) => {
      const { total, counted, values, covered, held, losses, snapshots, rows } = await count(kind, KEYS);
      expect(losses).toEqual({ attempted: total, ringFull: 0n, mapFull: 0n, cut: 0n });
      expect(counted).toBe(total);
      expect(values).toBe(total);
      expect(covered).toBe(total);
      expect(held).toBe(0n);
      expect(snapshots).toBeGreaterThan(SNAPSHOTS);
      expect(new Set(rows.map(({ key }) => key)).size).toBe(KEYS);
    },
  );

  it('count what a full map refuses', async () => {
    const { total, counted, covered, losses } = await count('HASH', 8);
    expect(losses.attempted).toBe(total);
    expect(losses.mapFull).toBeGreaterThan(0n);
    expect(counted + losses.mapFull).toBe(total);
    expect(covered).toBe(counted);
  });
});
