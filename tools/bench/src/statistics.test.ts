import { describe, expect, it } from 'vitest';
import { median, medianOf, rotated, spread } from './statistics.js';

describe('median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[10, 2, 4, 8], 6],
    [[100, 20, 3], 20], // by value, not as text
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });

  it('leaves its argument as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

it('spread is the largest distance from the median, as a part of it', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.2);
});

it('spread of a single round is unknown', () => {
  expect(spread([7])).toBeNaN();
});

it('medianOf takes each member by itself', () => {
  const rounds = [
    { cpu: 1, lost: 9 },
    { cpu: 3, lost: 0 },
    { cpu: 2, lost: 0 },
  ];
  expect(medianOf(rounds)).toEqual({ cpu: 2, lost: 0 });
});

it('rotated starts one later each round', () => {
  expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
});
