import type { AnswerColumn } from '@skep/core';
import { columnOf, type ReadColumn, secondsOf, type TimeStyle } from './columns.js';

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' };

/** Rows of `TabSeparatedWithNamesAndTypes`: the one format with types that every version writes row by row. */
export async function readRows(
  chunks: AsyncIterable<Uint8Array>,
  style: TimeStyle,
): Promise<{ readonly columns: readonly AnswerColumn[]; readonly rows: AsyncIterable<readonly (string | null)[]> }> {
  const lines = linesOf(chunks);
  const names = await lines.next();
  // A statement that answers nothing.
  if (names.done) return { columns: [], rows: lines as AsyncGenerator<never> };
  const types = cellsOf((await lines.next()).value ?? '');
  const columns = cellsOf(names.value).map((name, at) => columnOf(name ?? '', types[at] ?? '', style));
  return { columns, rows: rowsOf(lines, columns) };
}

async function* rowsOf(lines: AsyncIterable<string>, columns: readonly ReadColumn[]) {
  for await (const line of lines) {
    const cells = cellsOf(line);
    yield cells.map((cell, at) => (cell !== null && columns[at]?.isText ? secondsOf(cell) : cell));
  }
}

/** A line end within a value is written as `\n`. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined> {
  const utf8 = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + utf8.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  rest += utf8.decode();
  if (rest !== '') yield rest;
}

function cellsOf(line: string): (string | null)[] {
  return line.split('\t').map((cell) => {
    if (cell === '\\N') return null;
    return cell.includes('\\')
      ? cell.replace(/\\([\s\S])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped)
      : cell;
  });
}
