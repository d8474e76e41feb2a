import type { BytesColumn } from '../../batch.js';
import type { Pass, Verdict } from './pass.js';

/** A test of `data[start .. end)`. */
export type BytesTest = (data: Uint8Array, start: number, end: number) => boolean;

/** Column `c` of bytes, asked row by row. */
export function overBytes(c: number, test: BytesTest, yes: Verdict, cost: 1 | 2 = 1): Pass {
  const no = yes ^ 1;
  return {
    cost,
    run(batch, out, live) {
      const { data, ends } = batch.columns[c] as BytesColumn;
      for (let r = 0, start = 0; r < batch.rows; r++) {
        const end = ends[r]!;
        if (live !== undefined && live[r] === 0) out[r] = 0;
        else out[r] = test(data, start, end) ? yes : no;
        start = end;
      }
    },
  };
}

/** The bytes are one of `wanted`, exactly. */
export function bytesIn(wanted: readonly Uint8Array[]): BytesTest {
  if (wanted.length === 1) {
    const only = wanted[0]!;
    return (data, start, end) => end - start === only.length && liesAt(data, start, only);
  }
  return (data, start, end) => {
    for (const bytes of wanted) if (bytes.length === end - start && liesAt(data, start, bytes)) return true;
    return false;
  };
}

export function bytesStartWith(wanted: Uint8Array): BytesTest {
  return (data, start, end) => end - start >= wanted.length && liesAt(data, start, wanted);
}

export function bytesEndWith(wanted: Uint8Array): BytesTest {
  return (data, start, end) => end - start >= wanted.length && liesAt(data, end - wanted.length, wanted);
}

export function bytesContain(wanted: Uint8Array): BytesTest {
  if (wanted.length === 0) return () => true;
  const first = wanted[0]!;
  return (data, start, end) => {
    const last = end - wanted.length;
    for (let i = start; i <= last; i++) if (data[i] === first && liesAt(data, i, wanted)) return true;
    return false;
  };
}

/** One of the texts that each end with a NUL is `wanted`, exactly; the last may lack its NUL. */
export function listContains(wanted: Uint8Array): BytesTest {
  return (data, start, end) => {
    for (let item = start; item < end; ) {
      let stop = item;
      while (stop < end && data[stop] !== 0) stop++;
      if (stop - item === wanted.length && liesAt(data, item, wanted)) return true;
      item = stop + 1;
    }
    return false;
  };
}

function liesAt(data: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (data[at + i] !== wanted[i]) return false;
  return true;
}
