import { expect, it } from 'vitest';
import { cellsOf, parseResults } from './measure.js';

const LINE = (plugin: string) =>
  JSON.stringify({ plugin, test: plugin, set: ['one'], outcome: 'passed', refused: false, reason: '', seconds: 1 });
const DECLARED = ['a', 'b', 'c'].map((tool) => ({ tool, set: ['one'] }));
const KERNEL = { kernel: '6.1', release: '6.1.0' };

it('reads results of a machine that died while it wrote one', () => {
  const text = `[\n${LINE('a')},\n${LINE('b')},\n${LINE('c').slice(0, 20)}`;
  expect(parseResults(text).map(({ plugin }) => plugin)).toEqual(['a', 'b']);
});

it('calls wrong what a machine that died was at, and what it did not come to', () => {
  const cells = cellsOf(DECLARED, parseResults(`[\n${LINE('a')},\n${LINE('b')}`), KERNEL, 'Kernel panic');
  expect(cells.map(({ verdict }) => verdict)).toEqual(['seen', 'wrong', 'wrong']);
  expect(cells[2]!.reason).toContain('Kernel panic');
});
