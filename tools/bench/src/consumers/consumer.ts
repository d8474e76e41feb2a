import type { Contender } from '../rounds.js';

/**
 * A program that drains the ring of `ring-storm.bpf.o`.
 *
 * It loads the object it is given, writes `program ID` (the id of the loaded program, which another process then runs to fill the
 * ring) and drains every 20 ms. On a line on its standard input it drains once more, starts its counts and its clock anew, and
 * writes `started`; when the input ends it drains once more and writes a {@link DrainReport} as one line of JSON.
 */
export interface Consumer extends Contender {
  command(object: string): Promise<readonly string[]>;
}
