import { describe, expect, it } from 'vitest';
import type { Group } from './groups.js';
import { type Order, Ranking } from './ranking.js';

const group = (stack: bigint, bytes: number, count: number, oldestNs = 1): Group => ({
  ...{ stack, allocator: 0, bytes, count, oldestNs },
});
const names: Readonly<Record<string, string>> = { 2: 'main;a', 4: 'main;b', 6: 'main;c', 3: 'main;a' };
const framesOf = (stack: bigint) => names[String(stack)]!;
const shown = (order: Order, top: number, ...reports: Group[][]) => {
  const ranking = new Ranking(order, top);
  return reports.map((groups) => ranking.report(groups, framesOf)).at(-1)!;
};
const groups = [group(2n, 30, 1), group(4n, 20, 5), group(6n, 10, 2)];

describe('stacks', () => {
  it.each([
    ['size', ['main;c', 'main;b', 'main;a']],
    ['count', ['main;a', 'main;c', 'main;b']],
  ] as const)('are in order of their %s, the largest last', (order, frames) => {
    expect(shown(order, 10, groups).map((row) => row.frames)).toEqual(frames);
  });

  it('are the largest when there are more than are wanted', () => {
    expect(shown('size', 2, groups).map((row) => row.frames)).toEqual(['main;b', 'main;a']);
  });

  it('are one where their names are equal', () => {
    const [row] = shown('size', 1, [group(2n, 30, 1, 9), group(3n, 12, 2, 4)]);
    expect(row).toMatchObject({ frames: 'main;a', bytes: 42, count: 3, oldestNs: 4 });
  });

  it('have gained what they have more than at the last report', () => {
    const later = [group(2n, 31, 1), group(4n, 90, 9), group(6n, 4, 1)];
    const rows = shown('growth', 10, groups, later).map(({ frames, gained }) => [frames, gained]);
    expect(rows).toEqual([
      ['main;c', -6],
      ['main;a', 1],
      ['main;b', 70],
    ]);
  });
});
