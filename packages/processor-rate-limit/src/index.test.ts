import { rowsOf } from '@skep/core';
import { batchOf, schemaOf, testProcessor } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { Buckets } from './buckets.js';
import limit from './index.js';

const context = { name: 'some', folder: '/', log: console };
const opens = schemaOf('opens', [{ name: 'n' }, { name: 'comm', type: 'bytes', size: 16 }]);
const options = { rate: 100, burst: undefined, by: undefined, max_keys: 10_000 };

testProcessor((input) => limit.create(input, options, context));
testProcessor((input) => limit.create(input, { ...options, rate: 3, by: [input.fields[0]!.name] }, context));

describe('rate-limit', () => {
  it('lets the burst pass, the first rows first', () => {
    const processor = limit.create(opens, { ...options, rate: 1, burst: 3 }, context)!;
    const batch = batchOf(
      opens,
      [0, 1, 2, 3, 4].map((n) => ({ n, comm: 'a' })),
    );
    expect(rowsOf(processor.process(batch)).map(({ n }) => n)).toEqual([0, 1, 2]);
  });

  it('gives each value of its columns a rate of its own', () => {
    const processor = limit.create(opens, { ...options, rate: 1, burst: 1, by: ['comm'] }, context)!;
    const batch = batchOf(
      opens,
      ['a', 'a', 'b', 'a', 'c', 'b'].map((comm, n) => ({ n, comm })),
    );
    expect(rowsOf(processor.process(batch)).map(({ n }) => n)).toEqual([0, 2, 4]);
  });

  it('lets snapshots pass', () => {
    expect(limit.create({ ...opens, shape: 'histogram' }, options, context)).toBeUndefined();
  });
});

describe('a bucket', () => {
  it('fills with time up to the burst', () => {
    const buckets = new Buckets(10, 20, 5);
    expect([0, 0, 100, 1000, 100_000].map((ms) => buckets.take('a', 100, ms))).toEqual([20, 0, 1, 9, 20]);
  });

  it('is forgotten when too many are used after it', () => {
    const buckets = new Buckets(1, 1, 2);
    expect(['a', 'b', 'a', 'c', 'b', 'a'].map((key) => buckets.take(key, 1, 0))).toEqual([1, 1, 0, 1, 1, 1]);
    expect(buckets.size).toBe(2);
  });
});
