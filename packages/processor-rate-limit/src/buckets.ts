interface Bucket {
  tokens: number;
  timeMs: number;
}

/** Token buckets by key; at most `most`, the one unused for longest makes room. */
export class Buckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly perMs: number;
  private readonly burst: number;
  private readonly most: number;

  constructor(perSecond: number, burst: number, most: number) {
    this.perMs = perSecond / 1000;
    this.burst = burst;
    this.most = most;
  }

  /** How many of `wanted` may pass at this time. */
  take(key: string, wanted: number, nowMs: number): number {
    const bucket = this.bucketOf(key, nowMs);
    bucket.tokens = Math.min(this.burst, bucket.tokens + (nowMs - bucket.timeMs) * this.perMs);
    bucket.timeMs = nowMs;
    const given = Math.min(wanted, Math.floor(bucket.tokens));
    bucket.tokens -= given;
    return given;
  }

  get size(): number {
    return this.buckets.size;
  }

  /** A Map keeps the order of insertion: what is used goes to its end. */
  private bucketOf(key: string, nowMs: number): Bucket {
    const bucket = this.buckets.get(key) ?? { tokens: this.burst, timeMs: nowMs };
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    if (this.buckets.size > this.most) this.buckets.delete(this.buckets.keys().next().value!);
    return bucket;
  }
}
