import { expect, it } from 'vitest';
import type { ObjectInfo } from './btf/index.js';
import { Counters } from './counters.js';

const LINE = 64;

/** A ring with lines for four CPUs at 0, a snapshot with two sides of four at line 4. */
const info = {
  snapshots: new Map([['counts', {}]]),
  variables: new Map(
    [
      { name: 'skep_counts_events', offset: 0, size: 4 * LINE },
      { name: 'skep_counts_counts', offset: 4 * LINE, size: 8 * LINE },
    ].map((variable) => [variable.name, variable]),
  ),
} as unknown as ObjectInfo;

/** Attempted of line n is 10^n, map full of it n. */
function counters(cpus: number): Counters {
  const words = new BigUint64Array(12 * 8);
  for (let line = 0; line < 12; line++) {
    words[line * 8] = 10n ** BigInt(line);
    words[line * 8 + 2] = BigInt(line);
  }
  return new Counters(info, words.buffer, cpus);
}

it('sums the CPUs of this machine', () => {
  expect(counters(2).total('events')).toEqual({ attempted: 11n, ringFull: 0n, mapFull: 1n, cut: 0n });
  expect(counters(4).total('events').attempted).toBe(1111n);
});

it('sums both sides of a snapshot, and tells them apart', () => {
  const both = counters(2);
  expect(both.side('counts', 0).attempted).toBe(11_0000n);
  expect(both.side('counts', 1).attempted).toBe(11_0000_0000n);
  expect(both.total('counts').attempted).toBe(11_0011_0000n);
  expect(both.lost('counts')).toBe(4 + 5 + 8 + 9);
});
