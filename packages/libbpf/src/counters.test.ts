import { describe, expect, it } from 'vitest';
import type { ObjectInfo } from './btf/index.js';
import { Counters } from './counters.js';

const WORDS = 8;

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
});
