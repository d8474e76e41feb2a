import type { WideColumn } from '../../batch.js';
import type { Pass, Verdict } from './pass.js';

// 64-bit integers as two words, exact: a BigInt per row costs 50 ns. The sign bit of signed ones is flipped, which puts
// them in the order of unsigned ones.
const SIGN = 0x80000000;

/** The words of `value`, high word flipped for signed columns. */
function wordsOf(value: bigint, signed: boolean): { readonly low: number; readonly high: number } {
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(BigInt.asUintN(32, value >> 32n));
  return { low, high: (high ^ (signed ? SIGN : 0)) >>> 0 };
}

/** Column `c` of 64-bit integers holds one of `wanted`. */
export function wideIn(c: number, wanted: readonly bigint[], yes: Verdict): Pass {
  const no = yes ^ 1;
  // A set has no order to keep: unsigned order does for signed columns too.
  const sorted = [...new Set(wanted.map((value) => BigInt.asUintN(64, value)))].sort((a, b) => (a < b ? -1 : 1));
  const lows = Uint32Array.from(sorted, (value) => wordsOf(value, false).low);
  const highs = Uint32Array.from(sorted, (value) => wordsOf(value, false).high);
  const only = sorted.length === 1 ? { low: lows[0]!, high: highs[0]! } : undefined;
  return overWords(c, (words, rows, out) => {
    if (only) {
      const { low, high } = only;
      for (let r = 0, w = 0; r < rows; r++, w += 2) out[r] = words[w] === low && words[w + 1] === high ? yes : no;
      return;
    }
    for (let r = 0, w = 0; r < rows; r++, w += 2) {
      const low = words[w]!;
      const high = words[w + 1]!;
      let from = 0;
      for (let to = lows.length; from < to; ) {
        const middle = (from + to) >> 1;
        if (highs[middle]! < high || (highs[middle] === high && lows[middle]! < low)) from = middle + 1;
        else to = middle;
      }
      out[r] = lows[from] === low && highs[from] === high ? yes : no;
    }
  });
}

/** Column `c` of 64-bit integers is below `bound`, or not above it with `orEqual`. */
export function wideBelow(c: number, bound: bigint, orEqual: boolean, signed: boolean, yes: Verdict): Pass {
  const no = yes ^ 1;
  const { low, high } = wordsOf(bound, signed);
  // One more than the low word fits a double, so `<=` needs no loop of its own.
  const limit = orEqual ? low + 1 : low;
  const flip = signed ? SIGN : 0;
  return overWords(c, (words, rows, out) => {
    for (let r = 0, w = 0; r < rows; r++, w += 2) {
      const top = (words[w + 1]! ^ flip) >>> 0;
      out[r] = top < high || (top === high && words[w]! < limit) ? yes : no;
    }
  });
}

function overWords(c: number, loop: (words: Uint32Array, rows: number, out: Uint8Array) => void): Pass {
  return { cost: 0, run: (batch, out) => loop((batch.columns[c] as WideColumn).words, batch.rows, out) };
}
