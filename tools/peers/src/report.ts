import type { Comparison } from './compare.js';

const HEADER = ['tool', 'BCC', 'skep', 'same', 'differences'];

/** One row per tool; further notes of a tool on lines of their own. */
export function reportText(comparisons: readonly Comparison[]): string {
  const lines = [HEADER];
  for (const { tool, bcc, skep, same, notes } of comparisons) {
    lines.push([tool, bcc, skep, same === null ? '-' : same ? 'yes' : 'no', notes[0] ?? '']);
    for (const note of notes.slice(1)) lines.push(['', '', '', '', note]);
  }
  const widths = HEADER.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
