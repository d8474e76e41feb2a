import type { AnswerColumn } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { tableOf } from './answer-table.js';
import { localTime } from './local-time.js';

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'path', kind: 'text' },
  { name: 'opens', kind: 'number' },
  { name: 'comm', kind: 'text' },
];

async function* each(rows: readonly (readonly (string | null)[])[]) {
  yield* rows;
}

async function lines(
  rows: readonly (readonly (string | null)[])[],
  width?: number,
  { columns = COLUMNS, headers = true } = {},
): Promise<string[]> {
  let text = '';
  for await (const line of tableOf(columns, each(rows), { width, headers })) text += line;
  return text.split('\n').slice(0, -1);
}

describe('a table of an answer', () => {
  it('has texts at the left, numbers at the right, and shows what is missing', async () => {
    const rows = [
      ['/a', '7', 'cat'],
      ['/bbbb', '1000', null],
    ];
    expect(await lines(rows)).toEqual(['path   opens  comm', '/a         7  cat', '/bbbb   1000  -']);
    expect(await lines(rows, undefined, { headers: false })).toEqual(['/a        7  cat', '/bbbb  1000  -']);
  });

  it('cuts the widest texts until the line fits a terminal, and no number', async () => {
    const rows = [['/'.padEnd(80, 'x'), '18446744073709551615', 'a-name-of-twenty-one']];
    for (const width of [60, 70, 90]) {
      const [head, row] = await lines(rows, width);
      expect([head!.length <= width, row!.length]).toEqual([true, width]);
      expect(row).toContain(' 18446744073709551615 ');
      expect(row).toContain('…');
    }
    expect((await lines(rows, 20))[1]).toBe('/xxxxxxxxxx…  18446744073709551615  a-name-of-t…');
    expect((await lines(rows))[1]).toContain('x  18446744073709551615  a-name-of-twenty-one');
  });

  it('lets no cell act on the terminal or end the line', async () => {
    const [, row] = await lines([['\u001b[31m\n\u202e', '1', '\u009b2J']]);
    expect(row).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  it('writes rows as they come once widths are known', async () => {
    let given = 0;
    const endless = async function* () {
      for (;;) yield [String(given++), '1', 'x'] as const;
    };
    const table = tableOf(COLUMNS, endless(), { width: undefined, headers: true });
    for (let n = 0; n < 1500; n++) expect((await table.next()).done).toBe(false);
    expect(given).toBe(1499);
  });

  it('is nothing for a statement that answers nothing, and a head alone for no rows', async () => {
    expect(await lines([], undefined, { columns: [] })).toEqual([]);
    expect(await lines([])).toEqual(['path  opens  comm']);
  });
});

describe('a moment', () => {
  it('is shown by the clock of this place, with the decimals it has', () => {
    const at = new Date(2026, 0, 31, 23, 5, 9).getTime() / 1000;
    expect(localTime(`${at}.000000001`)).toBe('2026-01-31 23:05:09.000000001');
    expect(localTime(`${at}.000`)).toBe('2026-01-31 23:05:09');
    expect(localTime(String(at))).toBe('2026-01-31 23:05:09');
    expect(localTime('0000-00-00')).toBe('0000-00-00');
  });
});
