import { kernelTables } from '@skep/docs';
import { COLUMNS } from './kernels.js';
import { type MatrixRow, setKey } from './rows.js';

export const FORMATS = ['table', 'json', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

export function formatRows(rows: readonly MatrixRow[], format: Format): string {
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`;
  if (format === 'markdown') return `${kernelTables(rows)}\n`;
  return textTable(rows);
}

/** Longest shown of a set; its programs begin with what tells sets apart. */
const SET_WIDTH = 44;

/** For a terminal: a line for each set, a column for each kernel, reasons by number below. */
function textTable(rows: readonly MatrixRow[]): string {
  const kernels = COLUMNS.filter((name) => rows.some(({ kernel }) => kernel === name));
  const reasons: string[] = [];
  const cell = (row: MatrixRow | undefined): string => {
    if (!row) return '-';
    const word = row.verdict === 'wrong' ? 'WRONG' : row.verdict;
    if (row.reason === '') return word;
    if (!reasons.includes(row.reason)) reasons.push(row.reason);
    return `${word} (${reasons.indexOf(row.reason) + 1})`;
  };
  const lines = [['TOOL', 'ATTACH SET', ...kernels.map((name) => name.toUpperCase())]];
  for (const key of new Set(rows.map(setKey))) {
    const own = rows.filter((row) => setKey(row) === key);
    const set = own[0]!.set.join(' + ') || 'as its options say';
    const shown = set.length > SET_WIDTH ? `${set.slice(0, SET_WIDTH - 3)}...` : set;
    lines.push([own[0]!.tool, shown, ...kernels.map((name) => cell(own.find(({ kernel }) => kernel === name)))]);
  }
  const seconds = kernels.map((name) =>
    rows.filter(({ kernel }) => kernel === name).reduce((sum, row) => sum + row.seconds, 0),
  );
  lines.push(['', 'seconds', ...seconds.map((sum) => sum.toFixed(1))]);
  const notes = reasons.map((reason, i) => `(${i + 1}) ${reason.replaceAll('\n', '\n    ')}\n`);
  return `${aligned(lines)}${notes.length > 0 ? '\n' : ''}${notes.join('')}\n${counts(rows)}\n`;
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = (line: readonly string[]) =>
    line
      .map((one, column) => one.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return lines.map((line) => `${text(line)}\n`).join('');
}

function counts(rows: readonly MatrixRow[]): string {
  const verdicts = ['seen', 'refused', 'wrong', 'skipped'] as const;
  return verdicts.map((verdict) => `${rows.filter((row) => row.verdict === verdict).length} ${verdict}`).join(', ');
}
