import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cachedKernel } from './fetch.js';
import { KERNELS } from './kernels.js';
import { formatBytes } from './units.js';

/** The table of `vm list`: a line for each known kernel. */
export function kernelTable(): string {
  const rows = [['KERNEL', 'SUITE', 'CACHED', 'SIZE', 'HEADERS', 'NOTE']];
  for (const kernel of KERNELS) {
    const cached = cachedKernel(kernel);
    const size = cached === undefined ? '-' : formatBytes(folderBytes(cached.folder));
    const headers = cached?.headers === undefined ? '-' : 'yes';
    rows.push([kernel.name, kernel.suite, cached?.release ?? '-', size, headers, kernel.note]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Room taken on the disk, not the sum of lengths: a kernel is thousands of small files. */
function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? folderBytes(path) : lstatSync(path).blocks * 512;
  }
  return bytes;
}
