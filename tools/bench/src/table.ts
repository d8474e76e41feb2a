/** What a column holds: `text` is left-aligned, numbers are right-aligned with `digits` decimals. */
export interface TableColumn {
  readonly name: string;
  readonly title: string;
  readonly digits?: number;
}

/** A row by column name; a missing or NaN value is shown as `-`, `note` replaces everything after the first column. */
export interface TableRow {
  readonly [name: string]: string | number | undefined;
  readonly note?: string;
}

/** Lines of a table with aligned columns, title first; no trailing blanks. */
export function tableLines(columns: readonly TableColumn[], rows: readonly TableRow[]): string[] {
  const cells = rows.map((row) => columns.map((column) => cell(row[column.name], column.digits ?? 0)));
  const widths = columns.map((column, at) => Math.max(column.title.length, ...cells.map((row) => row[at].length)));
  const line = (texts: readonly string[], isNumber: (at: number) => boolean) =>
    texts
      .map((text, at) => (isNumber(at) ? text.padStart(widths[at]) : text.padEnd(widths[at])))
      .join('  ')
      .trimEnd();
  const isNumeric = (at: number) => columns[at].digits !== undefined;
  return [
    line(
      columns.map((column) => column.title),
      isNumeric,
    ),
    ...rows.map((row, at) =>
      row.note === undefined ? line(cells[at], isNumeric) : `${cells[at][0].padEnd(widths[0])}  ${row.note}`,
    ),
  ];
}

function cell(value: string | number | undefined, digits: number): string {
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return '-';
  return typeof value === 'string' ? value : value.toFixed(digits).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ' ');
}
