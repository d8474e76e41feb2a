/** A block is sealed when it reaches one of these. */
export interface Limits {
  readonly rows: number;
  readonly bytes: number;
  readonly intervalMs: number;
}

/** Larger blocks gain nothing, smaller ones cost: 100,000 rows take 1.2 CPU seconds per million, 1000 rows 21. */
export const LIMITS: Limits = { rows: 100_000, bytes: 8_000_000, intervalMs: 5000 };

const SLOWEST = 8;
const SMALLEST = 1 / 16;
/** How long without a complaint until blocks are again as they were. */
const FORGIVE_MS = 600_000;

/** How large and how often blocks are, as the store bears it. */
export class Pace implements Limits {
  private readonly limits: Limits;
  private slowness = 1;
  private share = 1;
  private complainedAt = Number.NEGATIVE_INFINITY;

  constructor(limits: Limits = LIMITS) {
    this.limits = limits;
  }

  get rows(): number {
    return this.limits.rows * this.share;
  }
  get bytes(): number {
    return this.limits.bytes * this.share;
  }
  get intervalMs(): number {
    return this.limits.intervalMs * this.slowness;
  }

  /** The store has too many parts: blocks come half as often. */
  slower(): void {
    this.complain();
    this.slowness = Math.min(SLOWEST, this.slowness * 2);
  }

  /** The store lacks memory for blocks of this size. */
  smaller(): void {
    this.complain();
    this.share = Math.max(SMALLEST, this.share / 2);
  }

  /** A block was stored. */
  forgive(): void {
    if (performance.now() - this.complainedAt < FORGIVE_MS) return;
    this.slowness = 1;
    this.share = 1;
  }

  private complain(): void {
    this.complainedAt = performance.now();
  }
}
