/** A row of a table by the names in its header, or of a histogram as `low`, `high`, `count`. */
export type Row = Readonly<Record<string, string>>;

export interface Printed {
  /** The line over the rows, its runs of blanks made one. Empty when there is none. */
  readonly header: string;
  readonly rows: readonly Row[];
}

/** BCC 0.26 heads execsnoop's COMM with PCOMM, although it is not the parent's name. */
const SAME_COLUMN: Readonly<Record<string, string>> = { PCOMM: 'COMM' };
const HISTOGRAM_HEADER = /^\s*(\S+)\s+: count\s+distribution$/;
const BUCKET = /^\s*(\d+) -> (\d+)\s*: (\d+)\s*\|[* ]+\+?\|?$/;

/**
 * What one of the tools printed: a table whose header is a line of words in capitals, or histograms.
 *
 * Fields are split at blanks, the last one keeps those it has. Repeated headers and lines outside of a table are
 * passed over; so is the load average that biotop prints between its tables.
 */
export function parse(text: string): Printed {
  const rows: Row[] = [];
  let header = '';
  let names: readonly string[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const bucket = BUCKET.exec(line);
    if (bucket !== null) rows.push({ low: bucket[1]!, high: bucket[2]!, count: bucket[3]! });
    else if (HISTOGRAM_HEADER.test(line)) header ||= words.join(' ');
    else if (isHeader(words)) {
      header ||= words.join(' ');
      names = words.map((word) => SAME_COLUMN[word] ?? word);
    } else if (names.length > 0 && isRow(line, names)) rows.push(rowOf(line.trim(), names));
  }
  return { header, rows };
}

/** All the words but a unit behind `_` in capitals, and one that is a column of every table here. */
function isHeader(words: readonly string[]): boolean {
  return words.length > 1 && (words.includes('PID') || words[0] === 'SOFTIRQ') && !/\d/.test(words.join(''));
}

function isRow(line: string, names: readonly string[]): boolean {
  return line.trim() !== '' && !/loadavg:|^Detaching/.test(line) && line.trim().split(/\s+/).length >= names.length - 1;
}

function rowOf(line: string, names: readonly string[]): Row {
  const row: Record<string, string> = {};
  let rest = line;
  names.forEach((name, at) => {
    if (at === names.length - 1) row[name] = rest;
    else {
      const [word] = /^\S*/.exec(rest)!;
      row[name] = word;
      rest = rest.slice(word.length).trimStart();
    }
  });
  return row;
}
