import { MAX_DIGITS, putNine, putSafe, putUint32 } from './digits.js';

/** Most bytes `putScaled` writes for a value below 2^53. */
export const MAX_SCALED = MAX_DIGITS + 12;

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/**
 * Write `value / divisor` with `digits` decimals (0 to 9), rounded half up; without decimals the quotient is cut, as
 * integer division does. `value` is an integer 0 .. 2^53-1.
 *
 * The whole part is split off first, so that the decimals are right where `value * 10^digits` would not fit.
 */
export function putScaled(to: Uint8Array, at: number, value: number, divisor: number, digits: number): number {
  let whole = Math.floor(value / divisor);
  if (digits === 0) return putSafe(to, at, whole);
  const power = POWERS[digits]!;
  let decimals = Math.floor(((value - whole * divisor) * power) / divisor + 0.5);
  if (decimals >= power) {
    decimals -= power;
    whole++;
  }
  at = putSafe(to, at, whole);
  to[at++] = 0x2e;
  if (digits === 9) return putNine(to, at, decimals);
  for (let smaller = power / 10; smaller > decimals && smaller > 1; smaller /= 10) to[at++] = 0x30;
  return putUint32(to, at, decimals);
}

/** `putScaled` for integers of any size, as text. */
export function scaledText(value: bigint, divisor: bigint, digits: number): string {
  if (digits === 0) return String(value / divisor);
  if (value < 0n) return `-${scaledText(-value, divisor, digits)}`;
  const power = BigInt(POWERS[digits]!);
  const scaled = (value * power * 2n + divisor) / (divisor * 2n);
  return `${scaled / power}.${String(scaled % power).padStart(digits, '0')}`;
}
