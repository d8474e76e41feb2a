import type { Schema } from '@skep/core';
import { describe, expect, it } from 'vitest';
import type { StreamPlan } from './btf/index.js';
import { SnapshotQueue } from './snapshot-queue.js';
import type { Snapshots, Taken } from './snapshots.js';

const schema = {} as Schema;
const plan = { kind: 'table', schema, snapshot: { name: 'counts' } } as StreamPlan;
const HOUR_MS = 3_600_000;

function takenOf(count: number, intervalMs: number): Taken {
  const none = new Uint8Array(0);
  const entries = { count, keys: none, values: none, stride: 8 };
  return { entries, timeNs: 0n, intervalNs: BigInt(intervalMs) * 1_000_000n, complete: true };
}

/** What is drained after the end of a run whose last part was this; `everyMs` undefined: one output, at the end. */
async function lastOf(taken: Taken, everyMs: number | undefined): Promise<Taken | undefined> {
  const snapshots = { take: async () => new Map([['counts', taken]]) } as unknown as Snapshots;
  const queue = new SnapshotQueue(snapshots, [plan], () => {});
  if (everyMs !== undefined) queue.start(everyMs);
  await queue.stop();
  await queue.takeLast();
  return queue.next(schema);
}

describe('the last snapshot', () => {
  it.each([
    ['nothing came in what is no interval', 0, 10, HOUR_MS, false],
    ['something came in it', 1, 10, HOUR_MS, true],
    ['most of an interval had passed', 0, HOUR_MS - 1, HOUR_MS, true],
    ['it is the only one', 0, 10, undefined, true],
  ])('when %s', async (_, count, intervalMs, everyMs, isShown) => {
    const taken = takenOf(count, intervalMs);
    expect(await lastOf(taken, everyMs)).toBe(isShown ? taken : undefined);
  });
});
