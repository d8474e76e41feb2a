/** `000` to `999`: three digits are one look-up. */
const TRIPLES = Uint8Array.from({ length: 3000 }, (_, i) => {
  const number = Math.floor(i / 3);
  return 48 + (Math.floor(number / [100, 10, 1][i % 3]!) % 10);
});

/** Most bytes a 64-bit integer takes: `-9223372036854775808`, `18446744073709551615`. */
export const MAX_DIGITS = 20;

/** Write the decimal digits of an integer 0 .. 2^32-1 at `at`; returns the end. The caller has made room. */
export function putUint32(to: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    to[at] = 48 + value;
    return at + 1;
  }
  // Tells the compiler that this is 32 bits: it then multiplies where it would divide in floating point.
  let rest = value >>> 0;
  const end = at + digitsOf(rest);
  let i = end;
  while (rest >= 10) {
    const tenth = (rest / 10) >>> 0;
    to[--i] = 48 + rest - Math.imul(tenth, 10);
    rest = tenth;
  }
  to[--i] = 48 + rest;
  return end;
}

function digitsOf(value: number): number {
  if (value < 1e5) return value < 100 ? 2 : value < 1000 ? 3 : value < 1e4 ? 4 : 5;
  return value < 1e6 ? 6 : value < 1e7 ? 7 : value < 1e8 ? 8 : value < 1e9 ? 9 : 10;
}

/** Write an integer 0 .. 2^53-1. */
export function putSafe(to: Uint8Array, at: number, value: number): number {
  if (value <= 0xffffffff) return putUint32(to, at, value);
  const billions = Math.floor(value / 1e9);
  return putNine(to, putUint32(to, at, billions), value - billions * 1e9);
}

/** Write an integer 0 .. 999999999 as nine digits. */
export function putNine(to: Uint8Array, at: number, value: number): number {
  const millions = (value / 1e6) | 0;
  const rest = (value - millions * 1e6) | 0;
  const thousands = (rest / 1000) | 0;
  putThree(to, at, millions);
  putThree(to, at + 3, thousands);
  putThree(to, at + 6, rest - thousands * 1000);
  return at + 9;
}

function putThree(to: Uint8Array, at: number, value: number): void {
  const i = value * 3;
  to[at] = TRIPLES[i]!;
  to[at + 1] = TRIPLES[i + 1]!;
  to[at + 2] = TRIPLES[i + 2]!;
}

/** Write the unsigned 64-bit integer of these two words, exactly, without a BigInt. */
export function putWords(to: Uint8Array, at: number, low: number, high: number): number {
  if (high === 0) return putUint32(to, at, low);
  if (high < 0x200000) return putSafe(to, at, high * 4294967296 + low);
  const billions = billionsOf(low, high);
  return putNine(to, putSafe(to, at, billions), restOf(low, billions));
}

/** Write the signed 64-bit integer of these two words. */
export function putSignedWords(to: Uint8Array, at: number, low: number, high: number): number {
  if (high < 0x80000000) return putWords(to, at, low, high);
  to[at] = 0x2d;
  const negated = -low >>> 0;
  return putWords(to, at + 1, negated, (~high + (negated === 0 ? 1 : 0)) >>> 0);
}

/**
 * The 64-bit integer of these words divided by 10^9: whole seconds of a time in nanoseconds.
 *
 * The quotient in floating point is at most one off; the remainder modulo 2^32 shows in which direction.
 */
export function billionsOf(low: number, high: number): number {
  const billions = Math.floor((high * 4294967296 + low) / 1e9);
  const rest = restOf(low, billions);
  if (rest < 1e9) return billions;
  return rest < 2e9 ? billions + 1 : billions - 1;
}

/** What `billionsOf` leaves: 0 .. 999999999. Only the low word is needed, since it is below 2^32. */
export function restOf(low: number, billions: number): number {
  return (low - Math.imul(billions, 1_000_000_000)) >>> 0;
}
