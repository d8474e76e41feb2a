import type { Contender } from '../rounds.js';
import type { Command } from '../subjects/subject.js';

/** The tools as one of the peers, or skep, runs them together. */
export interface Team extends Contender {
  /** Tools it runs, of those in {@link TOOLS}. */
  readonly tools: number;
  /** What is not as its name says. */
  readonly note: string | undefined;
  commands(): readonly Command[];
}
