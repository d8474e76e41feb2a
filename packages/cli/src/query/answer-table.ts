import { type AnswerColumn, visibleText } from '@skep/core';
import { localTime } from './local-time.js';

/** Rows that the widths of columns follow; later ones may be wider than their column. */
const ROWS_FOR_WIDTHS = 1000;
const GAP = '  ';
/** No column is cut below this. */
const LEAST_WIDTH = 12;
const CUT = '…';

export interface TableOptions {
  /** Columns of the terminal; undefined: nothing is cut. */
  readonly width: number | undefined;
  readonly headers: boolean;
}

/** Lines of a table, each with its end. Numbers stand at the right; nothing in a cell acts on a terminal. */
export async function* tableOf(
  columns: readonly AnswerColumn[],
  rows: AsyncIterable<readonly (string | null)[]>,
  { width, headers }: TableOptions,
): AsyncGenerator<string> {
  if (columns.length === 0) return;
  const head = columns.map(({ name }) => visibleText(name));
  let held: (readonly string[])[] | undefined = [];
  let widths: readonly number[] = [];
  const isLast = (at: number) => at === columns.length - 1;
  const line = (cells: readonly string[]) => {
    const padded = columns.map(({ kind }, at) => {
      const cell = width === undefined ? (cells[at] ?? '') : cut(cells[at] ?? '', widths[at]!);
      if (kind === 'number') return cell.padStart(widths[at]!);
      return isLast(at) ? cell : cell.padEnd(widths[at]!);
    });
    return `${padded.join(GAP).trimEnd()}\n`;
  };
  const begin = function* () {
    widths = fit(widthsOf([...(headers ? [head] : []), ...held!]), columns, width);
    if (headers) yield line(head);
    for (const row of held!) yield line(row);
    held = undefined;
  };
  for await (const row of rows) {
    const cells = columns.map(({ kind }, at) => cellOf(row[at] ?? null, kind));
    if (!held) {
      yield line(cells);
      continue;
    }
    held.push(cells);
    if (held.length === ROWS_FOR_WIDTHS) yield* begin();
  }
  if (held) yield* begin();
}

function cellOf(value: string | null, kind: AnswerColumn['kind']): string {
  if (value === null) return '-';
  return kind === 'time' ? localTime(value) : visibleText(value);
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return widths;
}

/** The widest texts give way until the line fits; numbers and times are never cut. */
function fit(widths: number[], columns: readonly AnswerColumn[], width: number | undefined): number[] {
  if (width === undefined) return widths;
  const total = () => widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1);
  for (let over = total() - width; over > 0; over = total() - width) {
    const texts = widths.map((one, at) => (columns[at]!.kind === 'text' ? one : 0));
    const widest = Math.max(...texts);
    if (widest <= LEAST_WIDTH) break;
    const next = Math.max(LEAST_WIDTH, ...texts.filter((one) => one < widest));
    widths[texts.indexOf(widest)] = Math.max(next - 1, widest - over, LEAST_WIDTH);
  }
  return widths;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}${CUT}` : text;
}
