import { type LedgerEntry, lostOf, unaccounted } from '@skep/core';

/**
 * The account at the end of a run, a line per stream and sink:
 *
 *     opens.opens -> screen: 1204 attempted = 1200 delivered + 4 lost (4 ring full)
 */
export function summaryLines(entries: readonly LedgerEntry[]): string[] {
  return entries.map((entry) => `${entry.source}.${entry.stream} -> ${entry.sink}: ${account(entry)}`);
}

/** One line for a single tool: `opens: 1200 delivered, 0 lost`. */
export function shortSummary(entries: readonly LedgerEntry[]): string[] {
  return entries.map((entry) => `${entry.stream}: ${account(entry)}`);
}

function account(entry: LedgerEntry): string {
  const parts = [`${entry.delivered} delivered`];
  if (entry.filtered > 0n) parts.push(`${entry.filtered} filtered`);
  if (entry.held !== 0n) parts.push(`${entry.held} held`);
  const reasons = [
    [entry.ringFull, 'ring full'],
    [entry.mapFull, 'map full'],
    [entry.sinkFailed, 'refused by the sink'],
  ] as const;
  const named = reasons.filter(([count]) => count > 0n).map(([count, reason]) => `${count} ${reason}`);
  const lost = lostOf(entry);
  parts.push(lost > 0n ? `${lost} lost (${named.join(', ')})` : '0 lost');
  const rest = unaccounted(entry);
  if (rest !== 0n) parts.push(`${rest} unaccounted for`);
  const cut = entry.cut > 0n ? `; ${entry.cut} with a text that was cut` : '';
  const skipped = entry.skippedRuns > 0n ? `; the kernel skipped ${entry.skippedRuns} runs of its programs` : '';
  return `${entry.attempted} attempted = ${parts.join(' + ')}${cut}${skipped}`;
}
