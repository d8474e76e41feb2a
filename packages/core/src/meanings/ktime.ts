import type { Meaning } from '../meaning.js';

/**
 * A moment. In the kernel: nanoseconds since boot (`bpf_ktime_get_boot_ns`, Linux 5.8); in a batch: nanoseconds since
 * the epoch. Text is ISO 8601 in UTC with all nine decimals.
 */
export const ktime: Meaning = {
  typedef: 'skep_ktime_t',
  json: 'text',
  text: (value) => isoTime(BigInt(value as bigint)),
};

/** `2026-01-31T23:59:59.000000001Z`. Dates beyond what JavaScript knows are shown as the plain number. */
export function isoTime(ns: bigint): string {
  const ms = Number(ns / 1_000_000n);
  if (ms > 8.64e15 || ms < 0) return String(ns);
  const rest = String(ns % 1_000_000n).padStart(6, '0');
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`;
}
