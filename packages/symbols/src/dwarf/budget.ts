import { DwarfError } from './dwarf-error.js';

/** Full at first: two seconds of work or less, hundreds of megabytes of debug information. */
const MOST = 8e6;
/** What comes back each millisecond: about a hundredth of a processor. */
const PER_MS = 40;

/** Nothing more may be read of this file for now. */
export class SpentError extends DwarfError {
  override readonly name: string = 'SpentError';
}

/**
 * The work that a file may cause, whatever is written in it, in entries read: one is about a quarter of a microsecond. It
 * is spent once, and comes back slowly, for who lives long and has to forget and read again.
 */
export class Budget {
  private readonly now: () => number;
  private left = MOST;
  private at: number;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.at = now();
  }

  /** @throws SpentError when there is not as much left. */
  spend(entries: number): void {
    if (entries > this.left) this.refill();
    if (entries > this.left) throw new SpentError('it takes too much work');
    this.left -= entries;
  }

  private refill(): void {
    const now = this.now();
    this.left = Math.min(MOST, this.left + (now - this.at) * PER_MS);
    this.at = now;
  }
}
