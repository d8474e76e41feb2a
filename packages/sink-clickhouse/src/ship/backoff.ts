import type { Fault } from '../engine/fault.js';

/** How long to wait after failures in a row: twice as long each time, up to a bound, and never quite the same. */
export class Backoff {
  private failures = 0;
  private readonly scale: number;

  /** @param scale of all times; tests have less patience */
  constructor(scale = 1) {
    this.scale = scale;
  }

  get isFailing(): boolean {
    return this.failures > 0;
  }

  /** Milliseconds to wait after one more failure. */
  fail({ firstMs, longestMs }: Pick<Fault, 'firstMs' | 'longestMs'>): number {
    const ms = Math.min(longestMs, firstMs * 2 ** Math.min(this.failures++, 16));
    // Many agents that lost one server must not come back all at once.
    return ms * (0.5 + Math.random() / 2) * this.scale;
  }

  succeed(): void {
    this.failures = 0;
  }
}
