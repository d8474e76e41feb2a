import { DialectError } from './dialect-error.js';

/** Waiting requests hold a connection each; beyond this many the client is told to come back. */
const MAX_WAITING = 200;

/** Lets `most` work at a time, the others in the order they came. */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private readonly most: number;
  private running = 0;

  constructor(most: number) {
    this.most = most;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.most) {
      if (this.waiting.length >= MAX_WAITING) {
        throw new DialectError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'Too many simultaneous queries');
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The place is handed over, so that nobody slips in between.
      if (next) next();
      else this.running--;
    }
  }
}
