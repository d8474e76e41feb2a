import type { Batch } from '../../batch.js';

/**
 * One test, run over a whole column at a time.
 *
 * `run` writes 0 or 1 to `out[0 .. batch.rows)`. Where `live` is given and 0 the answer does not matter: a costly pass
 * writes 0 there without looking, a cheap one need not read `live` at all, since the branch costs more than the test.
 */
export interface Pass {
  /** 0: a few ns per row; 1: reads bytes; 2: may make a text. Cheaper terms of a chain run first. */
  readonly cost: 0 | 1 | 2;
  run(batch: Batch, out: Uint8Array, live?: Uint8Array): void;
}

/** What a pass writes for a row that fits: 1, or 0 when the test is negated. */
export type Verdict = 0 | 1;
