/** Each bucket is 2 % wider than the one before: the middle of one is within 1 % of all its values. */
const LOG_WIDTH = Math.log(1.02);
/** Buckets of values above 0 begin here; those of values below 0 mirror them. */
const FIRST = 1;

/**
 * Quantiles of integers within 1 %, in bounded memory: counts by buckets that grow geometrically, at most 2,240 for all
 * values of 64 bits (and as many for negative ones).
 *
 * @see DDSketch: Masson, Rim, Lee, VLDB 2019, https://www.vldb.org/pvldb/vol12/p2195-masson.pdf
 */
export class Sketch {
  private readonly counts = new Map<number, number>();
  private total = 0;

  add(value: number): void {
    const bucket = value === 0 ? 0 : Math.sign(value) * (FIRST + Math.floor(Math.log(Math.abs(value)) / LOG_WIDTH));
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
    this.total++;
  }

  /** The value that `percent` % of the values do not exceed; 0 when there is none. */
  quantile(percent: number): number {
    const rank = Math.ceil((this.total * percent) / 100);
    let seen = 0;
    for (const bucket of [...this.counts.keys()].sort((a, b) => a - b)) {
      seen += this.counts.get(bucket)!;
      if (seen >= rank) return middle(bucket);
    }
    return 0;
  }
}

function middle(bucket: number): number {
  if (bucket === 0) return 0;
  return Math.sign(bucket) * Math.round(Math.exp((Math.abs(bucket) - FIRST + 0.5) * LOG_WIDTH));
}
