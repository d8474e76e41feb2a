import type { Log } from '@skep/core';

const REPEAT_MS = 60_000;

/** Says what goes on being wrong: at once, and then once a minute. */
export class Reminder {
  private readonly log: Log;
  private last = '';
  private saidAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log) {
    this.log = log;
  }

  error(message: string): void {
    const now = performance.now();
    if (message === this.last && now - this.saidAt < REPEAT_MS) return;
    this.last = message;
    this.saidAt = now;
    this.log.error(message);
  }

  /** It is right again: the next fault is news. */
  clear(message: string): void {
    if (this.last !== '') this.log.info(message);
    this.last = '';
  }
}
