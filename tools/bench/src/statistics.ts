/** The middle value; the mean of the two middle ones for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Largest distance from the median as a part of it: 0.05 when every round lies within 5 % of it; NaN for a single one. */
export function spread(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const middle = median(values);
  return values.reduce((worst, value) => Math.max(worst, Math.abs(value - middle)), 0) / middle;
}

/** The median of each member over the rounds; all rounds have the same members. */
export function medianOf<T extends Readonly<Record<string, number>>>(rounds: readonly T[]): T {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as T;
}

/** `0..count-1`, starting one later each round: no subject always runs first, while the caches are cold. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  return items.map((_, at) => items[(at + round) % items.length]);
}
