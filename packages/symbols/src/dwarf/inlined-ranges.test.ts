import { expect, it } from 'vitest';
import { InlinedRanges } from './inlined-ranges.js';

/** Functions as their parent's number and their ranges; origins are 100, 101, ... */
function sealed(functions: readonly [parent: number, ...ranges: [number, number][]][]): InlinedRanges {
  const ranges = new InlinedRanges();
  for (const [parent, ...its] of functions) {
    const number = ranges.add(parent, 100 + functions.findIndex((one) => one[1] === its[0]));
    for (const [start, end] of its) ranges.addRange(number, start, end);
  }
  ranges.seal();
  return ranges;
}

it('finds the functions around an address, innermost first', () => {
  const ranges = sealed([
    [-1, [10, 50]],
    [0, [10, 20], [40, 50]],
    [1, [15, 20]],
    [0, [30, 35]],
    [-1, [60, 70]],
  ]);
  const found = [9, 10, 15, 19, 20, 30, 35, 40, 49, 50, 60, 70].map((at) => ranges.find(at));
  expect(found).toEqual([
    [],
    [101, 100],
    [102, 101, 100],
    [102, 101, 100],
    [100],
    [103, 100],
    [100],
    [101, 100],
    [101, 100],
    [],
    [104],
    [],
  ]);
});

it('keeps to one function where ranges of two lie in one place or cross', () => {
  const ranges = sealed([
    [-1, [10, 30]],
    [-1, [20, 40]],
    [1, [20, 30]],
  ]);
  expect([10, 20, 30, 39, 40].map((at) => ranges.find(at))).toEqual([[100], [102, 101], [101], [101], []]);
});

it('leaves out functions without a name and has none where nothing was added', () => {
  const ranges = new InlinedRanges();
  const outer = ranges.add(-1, 7);
  ranges.addRange(ranges.add(outer, undefined), 1, 2);
  ranges.seal();
  expect(ranges.find(1)).toEqual([7]);
  expect(new InlinedRanges().find(1)).toEqual([]);
});

it('finds addresses that are too far apart to be sorted as one number', () => {
  const ranges = sealed([
    [-1, [2 ** 52, 2 ** 52 + 8]],
    [-1, [4, 8]],
  ]);
  expect([4, 8, 2 ** 52 + 1].map((at) => ranges.find(at))).toEqual([[101], [], [100]]);
});
