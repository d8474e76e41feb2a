/** One bucket of a histogram: inclusive bounds and a count that is not 0. */
export interface Bucket {
  readonly low: bigint;
  readonly high: bigint;
  readonly count: bigint;
}

const STARS = 40;

/**
 * The lines of a histogram as BCC draws it, header first; none when all buckets are empty.
 *
 * Buckets are powers of two (`0 -> 1`, `2 -> 3`, `4 -> 7`, ...), from the first to the highest that is not empty; one
 * above 2^32 makes the table wide. Buckets of one value each (`low` equal to `high`) make a linear histogram.
 */
export function histogramLines(buckets: readonly Bucket[], unit: string, header: boolean): readonly string[] {
  const filled = buckets.filter(({ count }) => count > 0n);
  if (filled.length === 0) return [];
  return filled.every(({ low, high }) => low === high) ? linear(filled, unit, header) : log2(filled, unit, header);
}

function log2(buckets: readonly Bucket[], unit: string, header: boolean): readonly string[] {
  const counts = sums(buckets, ({ low }) => slotOf(low));
  const highest = Math.max(...counts.keys());
  const most = largest(counts);
  const wide = highest > 32;
  const digits = wide ? 20 : 10;
  const stars = wide ? STARS / 2 : STARS;
  const title = wide ? `               ${unit.padEnd(29)}` : `     ${unit.padEnd(19)}`;
  const lines = header ? [`${title} : count     distribution`] : [];
  for (let slot = 1; slot <= highest; slot++) {
    const low = slot === 1 ? 0n : 1n << BigInt(slot - 1);
    const range = `${String(low).padStart(digits)} -> ${String((1n << BigInt(slot)) - 1n).padEnd(digits)}`;
    lines.push(range + bar(counts.get(slot) ?? 0n, most, stars));
  }
  return lines;
}

/** Most rows of a linear histogram; beyond it only the buckets that are not empty are drawn. */
const LINEAR_ROWS = 1025;

function linear(buckets: readonly Bucket[], unit: string, header: boolean): readonly string[] {
  const counts = sums(buckets, ({ low }) => Number(low));
  const most = largest(counts);
  const values = [...counts.keys()].sort((a, b) => a - b);
  const highest = values.at(-1)!;
  const shown = highest < LINEAR_ROWS && values[0]! >= 0 ? Array.from({ length: highest + 1 }, (_, i) => i) : values;
  const lines = header ? [`     ${unit.padEnd(13)} : count     distribution`] : [];
  for (const value of shown) {
    lines.push(`        ${String(value).padEnd(10)}${bar(counts.get(value) ?? 0n, most, STARS)}`);
  }
  return lines;
}

/** Slot 1 holds 0 and 1, slot n the values of n bits. */
function slotOf(low: bigint): number {
  return low <= 1n ? 1 : low.toString(2).length;
}

function sums(buckets: readonly Bucket[], key: (bucket: Bucket) => number): ReadonlyMap<number, bigint> {
  const counts = new Map<number, bigint>();
  for (const bucket of buckets) counts.set(key(bucket), (counts.get(key(bucket)) ?? 0n) + bucket.count);
  return counts;
}

function largest(counts: ReadonlyMap<number, bigint>): bigint {
  let most = 0n;
  for (const count of counts.values()) if (count > most) most = count;
  return most;
}

function bar(count: bigint, most: bigint, stars: number): string {
  const length = Number((BigInt(stars) * count) / most);
  return ` : ${String(count).padEnd(8)} |${'*'.repeat(length).padEnd(stars)}|`;
}
