import type { Pass, Verdict } from './pass.js';

export function constant(value: Verdict): Pass {
  return { cost: 0, run: (batch, out) => void out.fill(value, 0, batch.rows) };
}

/** All of `terms` (two at least) hold; a term looks only at the rows that the terms before it left standing. */
export function every(terms: readonly Pass[]): Pass {
  const [first, ...rest] = cheapestFirst(terms);
  let scratch = new Uint8Array(0);
  return {
    cost: costOf(terms),
    run(batch, out, live) {
      const { rows } = batch;
      scratch = roomy(scratch, rows);
      first!.run(batch, out, live);
      for (const term of rest) {
        term.run(batch, scratch, out);
        for (let r = 0; r < rows; r++) out[r] = out[r]! & scratch[r]!;
      }
    },
  };
}

/** One of `terms` (two at least) holds; a term looks only at the rows no term before it accepted. */
export function some(terms: readonly Pass[]): Pass {
  const [first, ...rest] = cheapestFirst(terms);
  let scratch = new Uint8Array(0);
  let open = new Uint8Array(0);
  return {
    cost: costOf(terms),
    run(batch, out, live) {
      const { rows } = batch;
      scratch = roomy(scratch, rows);
      open = roomy(open, rows);
      first!.run(batch, out, live);
      for (const term of rest) {
        if (term.cost > 0) for (let r = 0; r < rows; r++) open[r] = (out[r]! ^ 1) & (live ? live[r]! : 1);
        term.run(batch, scratch, term.cost > 0 ? open : undefined);
        for (let r = 0; r < rows; r++) out[r] = out[r]! | scratch[r]!;
      }
    },
  };
}

function cheapestFirst(terms: readonly Pass[]): Pass[] {
  return [...terms].sort((a, b) => a.cost - b.cost);
}

function costOf(terms: readonly Pass[]): Pass['cost'] {
  return Math.max(...terms.map((term) => term.cost)) as Pass['cost'];
}

/** Grown to a batch's size once and kept: a batch of events has at most BATCH_ROWS rows, a snapshot as many as its map. */
function roomy(buffer: Uint8Array<ArrayBuffer>, rows: number): Uint8Array<ArrayBuffer> {
  return buffer.length >= rows ? buffer : new Uint8Array(rows);
}
