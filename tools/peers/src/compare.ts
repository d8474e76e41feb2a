import { parse, type Row } from './parse.js';
import type { Tool } from './tools.js';

/** What the guest says of one tool's run. */
export interface RunFacts {
  /** Process of the workload's shell, for BCC's run and for skep's: one and the same when both traced it. */
  readonly shells: Sides<string>;
  /** Bytes of standard output at the start of the workload and after it. */
  readonly marks: Sides<readonly [number, number]>;
  /** Seconds until the first line; null when it ended before. */
  readonly readySeconds: Sides<number | null>;
  readonly isTogether: boolean;
}

export interface Sides<T> {
  readonly bcc: T;
  readonly skep: T;
}

export interface Outputs {
  readonly stdout: Sides<string>;
  readonly stderr: Sides<string>;
}

export interface Comparison {
  readonly tool: string;
  readonly bcc: string;
  readonly skep: string;
  /** Null when there is nothing to compare with. */
  readonly same: boolean | null;
  readonly notes: readonly string[];
}

/** What both printed of the workload, side by side. */
export function compare(tool: Tool, facts: RunFacts, { stdout, stderr }: Outputs): Comparison {
  const whole = { bcc: parse(stdout.bcc), skep: parse(stdout.skep) };
  const bcc = ownRows(tool, stdout.bcc, facts.marks.bcc, facts.shells.bcc);
  const skep = ownRows(tool, stdout.skep, facts.marks.skep, facts.shells.skep);
  const shown = { bcc: summary(tool, bcc), skep: summary(tool, skep) };
  const notes: string[] = [];
  if (facts.readySeconds.bcc === null) {
    return { tool: tool.name, bcc: '-', skep: shown.skep, same: null, notes: [`BCC: ${lastError(stderr.bcc)}`] };
  }
  if (facts.readySeconds.skep === null) {
    return { tool: tool.name, bcc: shown.bcc, skep: '-', same: false, notes: [`skep: ${lastError(stderr.skep)}`] };
  }
  if (!facts.isTogether) notes.push('one after the other, process ids not compared');
  let same = true;
  if (whole.bcc.header !== whole.skep.header) {
    same = whole.bcc.header.replace('PCOMM', 'COMM') === whole.skep.header;
    notes.push(same ? 'COMM is headed PCOMM in BCC' : `header ${whole.bcc.header} | ${whole.skep.header}`);
  }
  const differences =
    tool.check.kind === 'rows' ? differentRows(tool.check, facts, bcc, skep) : differentSums(tool.check, bcc, skep);
  notes.push(...differences);
  if (tool.check.kind === 'rows') notes.push(...knownDifference(tool.check, bcc, skep));
  return { tool: tool.name, ...shown, same: same && differences.length === 0, notes };
}

function ownRows(tool: Tool, stdout: string, marks: readonly [number, number], shell: string): readonly Row[] {
  const bytes = Buffer.from(stdout);
  // The header comes from before the workload: it stands in front of the part that is compared.
  const { rows: before } = parse(bytes.subarray(0, marks[0]).toString());
  const { rows } = parse(bytes.subarray(0, marks[1]).toString());
  return tool.check.own(rows.slice(before.length), shell);
}

function summary({ check }: Tool, rows: readonly Row[]): string {
  if (check.kind === 'rows') return String(rows.length);
  return check.columns.map((column) => `${column} ${sum(rows, column)}`).join(', ');
}

type RowsCheck = Extract<Tool['check'], { kind: 'rows' }>;
type SumsCheck = Extract<Tool['check'], { kind: 'sums' }>;

function differentRows(check: RowsCheck, facts: RunFacts, bcc: readonly Row[], skep: readonly Row[]): string[] {
  if (bcc.length === 0 && skep.length === 0) return ['no rows'];
  const columns = [...check.equal, ...(facts.isTogether ? check.equalTogether : [])];
  const left = [...skep];
  const onlyBcc = bcc.filter((row) => {
    const at = left.findIndex((other) => columns.every((column) => isSame(row, other, column)) && isNear(row, other));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...onlyBcc.map((row) => `only BCC: ${text(row)}`), ...left.map((row) => `only skep: ${text(row)}`)];

  function isSame(row: Row, other: Row, column: string): boolean {
    return row[column] === other[column] || (check.known?.columns.includes(column) === true && check.known.isIn(row));
  }

  function isNear(row: Row, other: Row): boolean {
    return check.near.every(({ column, share, slack }) => {
      const [a, b] = [Number(row[column]), Number(other[column])];
      return Math.abs(a - b) <= slack + share * Math.max(a, b);
    });
  }
}

/** Why rows that count as the same are not, letter for letter. */
function knownDifference({ known }: RowsCheck, bcc: readonly Row[], skep: readonly Row[]): string[] {
  if (known === undefined) return [];
  const cells = (rows: readonly Row[]) =>
    JSON.stringify(rows.filter(known.isIn).map((row) => known.columns.map((column) => row[column])));
  return cells(bcc) === cells(skep) ? [] : [known.why];
}

function differentSums({ columns, factor }: SumsCheck, bcc: readonly Row[], skep: readonly Row[]): string[] {
  return columns.flatMap((column) => {
    const [a, b] = [sum(bcc, column), sum(skep, column)];
    if (a === 0 && b === 0) return [`${column} is 0`];
    return Math.max(a, b) <= factor * Math.min(a, b) ? [] : [`${column} ${a} | ${b}`];
  });
}

function sum(rows: readonly Row[], column: string): number {
  return rows.reduce((total, row) => total + Number(row[column]), 0);
}

function text(row: Row): string {
  return Object.values(row).join(' ');
}

/** The last line that says something: of Python's traceback, the exception. */
function lastError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? 'ended without a word';
}
