import { expect, it } from 'vitest';
import type { ObjectInfo } from './btf/index.js';
import { Counters } from './counters.js';

const LINE = 64;

<<<<<<< HEAD
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
=======
/** Counters of two CPUs at byte 64; of a snapshot, two CPUs a side, behind them. */
function countersOf(fill: (words: BigUint64Array) => void): Counters {
  const variable = (name: string, offset: number, size: number) =>
    [name, { name, section: '.bss', offset, size, type: 1, initial: new Uint8Array(size) }] as const;
  const variables = new Map([
    variable('skep_epoch', 0, 4),
    variable('skep_counts_events', 64, 2 * 64),
    variable('skep_counts_tops', 192, 4 * 64),
  ]);
  const words = new BigUint64Array(56);
  fill(words);
  const info = { variables, snapshots: new Map([['tops', undefined]]) } as unknown as ObjectInfo;
  return new Counters(info, words.buffer, 2);
}

describe('loss counters', () => {
  it('are summed over CPUs', () => {
    const counters = countersOf((words) => {
      words.set([10n, 1n, 2n, 3n], WORDS);
      words.set([2n ** 52n, 10n, 20n, 30n], WORDS * 2);
    });
    const total = { attempted: 2n ** 52n + 10n, ringFull: 11n, mapFull: 22n, cut: 33n };
    expect(counters.total('events')).toEqual(total);
  });

  it('are kept by side for a snapshot', () => {
    const counters = countersOf((words) => {
      for (const [cpu, n] of [1n, 2n, 4n, 8n].entries()) words[WORDS * (3 + cpu)] = n;
    });
    expect(counters.side('tops', 0).attempted).toBe(3n);
    expect(counters.side('tops', 1).attempted).toBe(12n);
    expect(counters.total('tops').attempted).toBe(15n);
    expect(counters.total('events').attempted).toBe(0n);
  });

  it('are 0 for what the object does not count', () => {
    const none = { attempted: 0n, ringFull: 0n, mapFull: 0n, cut: 0n };
    const counters = countersOf((words) => words.fill(1n));
    expect(counters.total('other')).toEqual(none);
    expect(counters.side('other', 1)).toEqual(none);
  });
>>>>>>> testing
});
