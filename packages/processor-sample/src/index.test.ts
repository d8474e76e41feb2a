import { rowsOf } from '@skep/core';
import { batchOf, schemaOf, testProcessor } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import sample from './index.js';

const context = { name: 'some', folder: '/', log: console };
const opens = schemaOf('opens', [{ name: 'pid' }, { name: 'comm', type: 'bytes', size: 16 }]);
const rows = Array.from({ length: 3000 }, (_, n) => ({ pid: n % 300, comm: `c${n % 300}` }));

testProcessor((input) => sample.create(input, { one_in: 3, by: undefined }, context));
testProcessor((input) => sample.create(input, { one_in: 2, by: [input.fields[0]!.name] }, context));

describe('sample', () => {
  it('keeps every nth row, counted over the batches', () => {
    const processor = sample.create(opens, { one_in: 7, by: undefined }, context)!;
    const batch = batchOf(opens, rows.slice(0, 10));
    const kept = [0, 1, 2].flatMap(() => rowsOf(processor.process(batch)).map(({ pid }) => pid));
    expect(kept).toEqual([0, 7, 4, 1, 8]);
  });

  it.each([['pid'], ['comm'], ['pid', 'comm']])('keeps or drops rows together that are equal in %j', (...by) => {
    const processor = sample.create(opens, { one_in: 5, by }, context)!;
    const kept = rowsOf(processor.process(batchOf(opens, rows))).map(({ pid }) => pid as number);
    const counts = new Map<number, number>();
    for (const pid of kept) counts.set(pid, (counts.get(pid) ?? 0) + 1);
    expect(new Set(counts.values())).toEqual(new Set([10]));
    // A fifth of 300, give or take four standard deviations.
    expect(counts.size).toBeGreaterThan(60 - 28);
    expect(counts.size).toBeLessThan(60 + 28);
  });

  it('lets snapshots pass whole unless it is told by what to sample', () => {
    expect(sample.create({ ...opens, shape: 'table' }, { one_in: 7, by: undefined }, context)).toBeUndefined();
  });

  it('refuses to work without a number', () => {
    expect(() => sample.check!({ one_in: undefined, by: undefined })).toThrow('needs option "one_in"');
  });
});
