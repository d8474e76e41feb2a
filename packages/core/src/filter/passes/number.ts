import type { NumberColumn } from '../../batch.js';
import type { Pass, Verdict } from './pass.js';

/** Column `c`, of up to 32 bits, holds one of `wanted`. */
export function numberIn(c: number, wanted: readonly number[], yes: Verdict): Pass {
  const no = yes ^ 1;
  if (wanted.length === 1) {
    const only = wanted[0]!;
    return overNumbers(c, (values, rows, out) => {
      for (let r = 0; r < rows; r++) out[r] = values[r] === only ? yes : no;
    });
  }
  const sorted = Float64Array.from(new Set(wanted)).sort();
  return overNumbers(c, (values, rows, out) => {
    for (let r = 0; r < rows; r++) {
      const value = values[r]!;
      let from = 0;
      for (let to = sorted.length; from < to; ) {
        const middle = (from + to) >> 1;
        if (sorted[middle]! < value) from = middle + 1;
        else to = middle;
      }
      out[r] = sorted[from] === value ? yes : no;
    }
  });
}

/** Column `c`, of up to 32 bits, is below `bound`, or not above it with `orEqual`. */
export function numberBelow(c: number, bound: number, orEqual: boolean, yes: Verdict): Pass {
  const no = yes ^ 1;
  const limit = orEqual ? bound + 1 : bound;
  return overNumbers(c, (values, rows, out) => {
    for (let r = 0; r < rows; r++) out[r] = values[r]! < limit ? yes : no;
  });
}

function overNumbers(c: number, loop: (values: NumberColumn['values'], rows: number, out: Uint8Array) => void): Pass {
  return { cost: 0, run: (batch, out) => loop((batch.columns[c] as NumberColumn).values, batch.rows, out) };
}
