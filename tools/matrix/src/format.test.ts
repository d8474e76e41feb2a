import { expect, it } from 'vitest';
import { formatRows } from './format.js';
import type { MatrixRow } from './rows.js';

const row = (kernel: string, verdict: MatrixRow['verdict'], reason = ''): MatrixRow => ({
  tool: 'tool',
  set: ['enter', 'exit'],
  kernel,
  release: kernel,
  verdict,
  reason,
  programs: [],
  seconds: 1.5,
});
const ROWS = [row('5.10', 'refused', 'EPERM\nlockdown'), row('6.1', 'wrong', '6 of 7'), row('here', 'seen')];

it('prints a line for each set, reasons by number below, and how many of each verdict', () => {
  expect(formatRows(ROWS, 'table')).toBe(`TOOL  ATTACH SET    5.10         6.1        HERE
tool  enter + exit  refused (1)  WRONG (2)  seen
      seconds       1.5          1.5        1.5

(1) EPERM
    lockdown
(2) 6 of 7

1 seen, 1 refused, 1 wrong, 0 skipped
`);
});

it('prints the rows themselves as JSON', () => {
  expect(JSON.parse(formatRows(ROWS, 'json'))).toEqual(ROWS);
});
