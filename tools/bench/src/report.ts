import { cpus, release } from 'node:os';
import { type TableColumn, type TableRow, tableLines } from './table.js';

/** What one benchmark found. */
export interface Report {
  readonly benchmark: string;
  /** What was done, with its figures: `1 000 000 opens at 100 000 per second, 3 rounds`. */
  readonly workload: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  /** What a reader must know to read the table honestly. */
  readonly notes: readonly string[];
}

/** The report as a person reads it. */
export function reportText(report: Report): string {
  const lines = tableLines(report.columns, report.rows);
  return [`${report.benchmark}: ${report.workload}`, '', ...lines, ...report.notes.map((note) => `  ${note}`), ''].join(
    '\n',
  );
}

/** The report as one line of JSON, with the machine it was made on. */
export function reportJson(report: Report): string {
  const { benchmark, workload, rows, notes } = report;
  return JSON.stringify({ benchmark, workload, kernel: release(), cpus: cpus().length, rows, notes });
}
