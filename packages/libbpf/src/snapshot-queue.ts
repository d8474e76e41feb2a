import type { Schema } from '@skep/core';
import type { StreamPlan } from './btf/index.js';
import type { Snapshots, Taken } from './snapshots.js';

/** Takes the snapshots of a probe when they are due, and keeps each until it is drained. */
export class SnapshotQueue {
  private readonly snapshots: Snapshots;
  private readonly plans: readonly StreamPlan[];
  private readonly onReady: () => void;
  private readonly ready = new Map<Schema, Taken[]>();
  private taking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private everyMs = 0;
  private failure: unknown;

  /** @param onReady called when there is something to drain, or taking it has failed */
  constructor(snapshots: Snapshots, plans: readonly StreamPlan[], onReady: () => void) {
    this.snapshots = snapshots;
    this.plans = plans;
    this.onReady = onReady;
  }

  start(everyMs: number): void {
    this.everyMs = everyMs;
    // The next one is due `everyMs` after the last was due, not after it was read: intervals do not drift.
    let due = performance.now() + everyMs;
    const tick = () => {
      void this.take();
      const now = performance.now();
      due = Math.max(due + everyMs, now);
      this.timer = setTimeout(tick, due - now);
    };
    this.timer = setTimeout(tick, everyMs);
  }

  /** No further one is taken by itself. Settles when none is being taken. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.taking;
  }

  /**
   * Besides those that wait to be drained. What came since the last one, if anything did: the end of a run that is a
   * whole number of intervals is no interval of its own.
   */
  takeLast(): Promise<void> {
    return this.take(true);
  }

  /** The oldest that waits for this stream. */
  next(schema: Schema): Taken | undefined {
    const waiting = this.ready.get(schema);
    const taken = waiting?.shift();
    if (waiting?.length === 0) this.ready.delete(schema);
    return taken;
  }

  /** @throws what taking a snapshot has failed with. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** Not while the last one waits to be drained: then the interval grows, and nothing is lost. */
  private take(last = false): Promise<void> {
    if (this.taking) return this.taking;
    if (this.ready.size > 0 && !last) return Promise.resolve();
    this.taking = this.collect(last);
    return this.taking;
  }

  /** Never rejects: nobody waits for a timer. */
  private async collect(last: boolean): Promise<void> {
    try {
      const found = await this.snapshots.take(nowNs);
      for (const plan of this.plans) {
        if (plan.kind === 'events') continue;
        const taken = found.get(plan.snapshot.name)!;
        const isRest = last && Number(taken.intervalNs) < (this.everyMs * 1e6) / 2;
        if (isRest && taken.entries.count === 0) continue;
        this.ready.set(plan.schema, [...(this.ready.get(plan.schema) ?? []), taken]);
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.taking = undefined;
      this.onReady();
    }
  }
}

export function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
