/**
 * Lines at the head of a format whose rows can follow each other in pieces. The engine writes every piece of a stream as
 * a whole of its own, head included; a format that is not here has a frame around all rows, and comes as one piece.
 */
const HEAD_LINES: ReadonlyMap<string, number> = new Map([
  ...['TabSeparated', 'TSV'].flatMap((name): [string, number][] => [
    [name, 0],
    [`${name}Raw`, 0],
    [`${name}WithNames`, 1],
    [`${name}WithNamesAndTypes`, 2],
  ]),
  ['CSV', 0],
  ['CSVWithNames', 1],
  ['CSVWithNamesAndTypes', 2],
  ['JSONEachRow', 0],
  ['JSONLines', 0],
  ['NDJSON', 0],
  ['JSONStringsEachRow', 0],
  ['JSONCompactEachRow', 0],
  ['JSONCompactEachRowWithNames', 1],
  ['JSONCompactEachRowWithNamesAndTypes', 2],
  ['JSONCompactStringsEachRow', 0],
  ['LineAsString', 0],
  ['TSKV', 0],
  ['RowBinary', 0],
  ['Native', 0],
]);

export function headLines(format: string): number | undefined {
  return HEAD_LINES.get(format);
}

const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** `piece` without its first `lines` lines; a name in CSV may have line ends between quotes. */
export function withoutHead(piece: Uint8Array, lines: number, isCsv: boolean): Uint8Array {
  let left = lines;
  let isQuoted = false;
  let at = 0;
  for (; left > 0 && at < piece.length; at++) {
    if (isCsv && piece[at] === QUOTE) isQuoted = !isQuoted;
    else if (piece[at] === NEWLINE && !isQuoted) left--;
  }
  return piece.subarray(at);
}
