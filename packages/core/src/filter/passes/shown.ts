import type { NumberColumn, WideColumn } from '../../batch.js';
import { type BytesTest, overBytes } from './bytes.js';
import type { Pass, Verdict } from './pass.js';

/** A test of a value as it is shown. */
export type TextTest = (text: string) => boolean;

const MAX_NUMBERS = 4096;

/** Bytes shown as text by `text`; asked once per distinct value while it stays in the cache. */
export function shownBytes(c: number, text: (value: Uint8Array) => string, test: TextTest, yes: Verdict): Pass {
  return overBytes(
    c,
    cached((value) => test(text(value))),
    yes,
    2,
  );
}

/** Numbers of up to 32 bits shown as text, such as labels; remembers at most 4096 distinct values. */
export function shownNumbers(c: number, text: (value: number) => string, test: TextTest, yes: Verdict): Pass {
  const known = new Map<number, number>();
  return {
    cost: 2,
    run(batch, out, live) {
      const { values } = batch.columns[c] as NumberColumn;
      for (let r = 0; r < batch.rows; r++) {
        out[r] = live?.[r] === 0 ? 0 : remembered(known, values[r]!, () => test(text(values[r]!))) ^ yes ^ 1;
      }
    },
  };
}

/** 64-bit numbers shown as text; those beyond 2^53 are not remembered. */
export function shownWides(c: number, text: (value: bigint) => string, test: TextTest, yes: Verdict): Pass {
  const known = new Map<number, number>();
  return {
    cost: 2,
    run(batch, out, live) {
      const { values, words } = batch.columns[c] as WideColumn;
      for (let r = 0; r < batch.rows; r++) {
        if (live?.[r] === 0) {
          out[r] = 0;
          continue;
        }
        const ask = () => test(text(values[r]!));
        const high = words[r * 2 + 1]!;
        const verdict = high >= 1 << 21 ? Number(ask()) : remembered(known, high * 2 ** 32 + words[r * 2]!, ask);
        out[r] = verdict ^ yes ^ 1;
      }
    },
  };
}

function remembered(known: Map<number, number>, key: number, ask: () => boolean): number {
  let verdict = known.get(key);
  if (verdict === undefined) {
    if (known.size >= MAX_NUMBERS) known.clear();
    known.set(key, (verdict = Number(ask())));
  }
  return verdict;
}

const SLOTS = 1024;
/** Longest value that is remembered: comm and addresses fit, most paths too. */
const WIDTH = 64;

/**
 * `ask`, remembering its answers in a direct-mapped table of 1024 values of at most 64 bytes: 68 KiB, whatever comes.
 * Values made to collide cost what they would without it.
 */
function cached(ask: (value: Uint8Array) => boolean): BytesTest {
  const bytes = new Uint8Array(SLOTS * WIDTH);
  const hashes = new Uint32Array(SLOTS);
  /** Length plus one; 0 is an empty slot. */
  const lengths = new Uint8Array(SLOTS);
  const verdicts = new Uint8Array(SLOTS);
  return (data, start, end) => {
    const length = end - start;
    if (length > WIDTH) return ask(data.subarray(start, end));
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const slot = hash % SLOTS;
    const base = slot * WIDTH;
    if (lengths[slot] === length + 1 && hashes[slot] === hash) {
      let i = 0;
      while (i < length && bytes[base + i] === data[start + i]) i++;
      if (i === length) return verdicts[slot] === 1;
    }
    const verdict = ask(data.subarray(start, end));
    for (let i = 0; i < length; i++) bytes[base + i] = data[start + i]!;
    hashes[slot] = hash;
    lengths[slot] = length + 1;
    verdicts[slot] = Number(verdict);
    return verdict;
  };
}
