import { rowsOf, type Schema } from '@skep/core';
import { batchOf, schemaOf, testProcessor } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { Aggregate } from './aggregate.js';
import { planColumns, type Wishes } from './columns.js';
import aggregate from './index.js';
import { Sketch } from './sketch.js';

const context = { name: 'per_minute', folder: '/', log: console };
const sessions = schemaOf('sessions', [
  { name: 'comm', type: 'bytes', size: 16 },
  { name: 'ms' },
  { name: 'bytes', type: 'u64' },
  { name: 'ret', type: 'i32' },
]);
const options = {
  every: 10_000,
  by: undefined,
  sum: undefined,
  min: undefined,
  max: undefined,
  quantiles: undefined,
  p: [50],
  max_groups: 10_000,
};

testProcessor((input) => aggregate.create(input, { ...options, by: [input.fields[0]!.name] }, context));
testProcessor((input) => aggregate.create(input, { ...options, max_groups: 5, by: ['n'] }, context));
testProcessor((input) => aggregate.create(input, { ...options, sum: ['wide', 'signed'], min: ['signed'] }, context));

function rig(wishes: Partial<Wishes>, maxGroups = 100) {
  const clock = { ms: 100_000 };
  const plan = planColumns(sessions, { percents: [], ...wishes }, 'per_minute')!;
  return { clock, processor: new Aggregate(plan, 10_000, maxGroups, () => clock.ms) };
}

const row = (comm: string, ms = 0, bytes = 0n, ret = 0) => ({ comm, ms, bytes, ret });

describe('aggregate', () => {
  it('gives a row per value of its columns at the end of the window, and says how many events it stands for', () => {
    const { clock, processor } = rig({ by: ['comm'], sum: ['bytes', 'ret'], min: ['ms'], max: ['ms', 'ret'] });
    const big = 2n ** 63n;
    const first = processor.process(batchOf(sessions, [row('a', 5, big, -1), row('b', 1, 1n, -7)]));
    expect(first).toMatchObject({ rows: 0, events: 0 });
    processor.process(batchOf(sessions, [row('a', 3, big - 1n, -2)]));
    expect([processor.held(), processor.due()]).toEqual([3, undefined]);
    clock.ms = 110_000;
    const due = processor.due()!;
    expect(due).toMatchObject({ events: 3, snapshot: { timeNs: 110_000_000_000n, complete: true } });
    const time = 110_000_000_000n;
    expect(rowsOf(due)).toEqual([
      { time, comm: 'a', count: 2n, sum_bytes: 2n ** 64n - 1n, sum_ret: -3n, min_ms: 3n, max_ms: 5n, max_ret: -1n },
      { time, comm: 'b', count: 1n, sum_bytes: 1n, sum_ret: -7n, min_ms: 1n, max_ms: 1n, max_ret: -7n },
    ]);
    expect([processor.held(), processor.due(), processor.finish()]).toEqual([0, undefined, undefined]);
  });

  it('gives the old window out when a batch comes after its end, and puts the batch into the next', () => {
    const { clock, processor } = rig({});
    processor.process(batchOf(sessions, [row('a'), row('b')]));
    clock.ms = 125_000;
    expect(rowsOf(processor.process(batchOf(sessions, [row('c')])))).toEqual([{ time: 110_000_000_000n, count: 2n }]);
    clock.ms = 130_000;
    expect(rowsOf(processor.due()!)).toEqual([{ time: 130_000_000_000n, count: 1n }]);
  });

  it('gives a window out early rather than to grow or to drop', () => {
    const { processor } = rig({ by: ['comm'] }, 3);
    const early = processor.process(
      batchOf(
        sessions,
        ['a', 'b', 'c', 'd'].map((comm) => row(comm)),
      ),
    );
    expect(early).toMatchObject({ rows: 4, events: 4 });
    expect(processor.held()).toBe(0);
  });

  it('says that a window is not complete when the kernel dropped events in it', () => {
    const { processor } = rig({});
    processor.process({ ...batchOf(sessions, [row('a')]), lost: 2 });
    expect(processor.finish()!.snapshot!.complete).toBe(false);
  });

  it('keeps texts apart that are no UTF-8', () => {
    const { processor } = rig({ by: ['comm'] });
    const names = [Uint8Array.of(0xff), Uint8Array.of(0xfe), Uint8Array.of(0xff)];
    processor.process(
      batchOf(
        sessions,
        names.map((comm) => ({ comm })),
      ),
    );
    expect(processor.finish()!.rows).toBe(2);
  });

  it('lets a stream pass that lacks a column, and refuses what makes no sense', () => {
    const plan = (wishes: Partial<Wishes>, input: Schema = sessions) =>
      planColumns(input, { percents: [50], ...wishes }, 'per_minute');
    expect(plan({ by: ['pid'] })).toBeUndefined();
    expect(() => plan({ sum: ['comm'] })).toThrow('column "comm" is no number');
    expect(() => plan({ sum: ['ms', 'ms'] })).toThrow('two columns would be named "sum_ms"');
  });
});

describe('quantiles', () => {
  it.each([1, 25, 50, 90, 99])('of p%d are within 1 %% of the exact ones', (percent) => {
    const sketch = new Sketch();
    const values = Array.from({ length: 20_000 }, (_, i) => Math.round(Math.exp(((i * 7919) % 20_000) / 1000)));
    for (const value of values) sketch.add(value);
    const exact = values.sort((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1]!;
    expect(Math.abs(sketch.quantile(percent) - exact)).toBeLessThanOrEqual(Math.max(exact * 0.0101, 0.5));
  });

  it('take 0 and what is below it', () => {
    const sketch = new Sketch();
    for (const value of [-1000, -1000, 0, 0, 5]) sketch.add(value);
    expect(sketch.quantile(20)).toBeGreaterThanOrEqual(-1010);
    expect(sketch.quantile(40)).toBeLessThanOrEqual(-990);
    expect([60, 99].map((percent) => sketch.quantile(percent))).toEqual([0, 5]);
  });

  it('of nothing are 0', () => {
    expect(new Sketch().quantile(50)).toBe(0);
  });
});
