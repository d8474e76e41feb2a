import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HERE } from './kernels.js';
import { lacksTarget, type MatrixRow, setKey } from './rows.js';

/** Where each run leaves what it measured, a file per kernel: results belong to the working copy that was tested. */
const MEASURED = fileURLToPath(new URL('../../../.cache/matrix', import.meta.url));

/** Keep the rows of one kernel; those of tools that were not asked about stay. */
export function keepMeasured(kernel: string, rows: readonly MatrixRow[], tools: ReadonlySet<string>): void {
  const before = readRows(join(MEASURED, `${kernel}.json`)).filter(({ tool }) => !tools.has(tool));
  mkdirSync(MEASURED, { recursive: true });
  writeFileSync(join(MEASURED, `${kernel}.json`), rowsText([...before, ...rows]));
}

/** What runs of this working copy have measured; empty before the first. */
export function readMeasured(): MatrixRow[] {
  let files: string[] = [];
  try {
    files = readdirSync(MEASURED).filter((file) => file.endsWith('.json'));
  } catch {} // no run yet
  return files.flatMap((file) => readRows(join(MEASURED, file)));
}

const PUBLISHED = fileURLToPath(new URL('../results.json', import.meta.url));

/** What the repository says: docs/kernels.md is made of it. Without times, which differ with every machine. */
export type PublishedRow = Omit<MatrixRow, 'seconds'>;

export function readPublished(): PublishedRow[] {
  return readRows(PUBLISHED);
}

/** Replace rows of the same tools and kernels, and drop sets that no tool declares any more. */
export function publish(rows: readonly MatrixRow[], declared: ReadonlySet<string>): void {
  const replaced = new Set(rows.map(({ tool, kernel }) => `${tool} ${kernel}`));
  const kept = readPublished().filter((row) => !replaced.has(`${row.tool} ${row.kernel}`) && declared.has(setKey(row)));
  const added = rows
    .filter((row) => !lacksTarget(row))
    .map(({ seconds: _, ...row }) => (row.kernel === HERE ? { ...row, release: version(row.release) } : row));
  writeFileSync(PUBLISHED, rowsText([...kept, ...added].sort(byToolThenKernel)));
}

/** `6.18.44-local-1` -> `6.18.44`: what a machine's owner calls a build says nothing elsewhere. */
function version(release: string): string {
  return /^\d+(\.\d+)*/.exec(release)?.[0] ?? release;
}

function byToolThenKernel(a: PublishedRow, b: PublishedRow): number {
  return a.tool.localeCompare(b.tool, 'en') || a.kernel.localeCompare(b.kernel, 'en', { numeric: true });
}

/** A row to a line, so that a difference shows what changed. */
function rowsText(rows: readonly object[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}

function readRows(file: string): MatrixRow[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as MatrixRow[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
