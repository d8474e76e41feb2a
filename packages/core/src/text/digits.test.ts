import { describe, expect, it } from 'vitest';
import { putSignedWords, putUint32, putWords } from './digits.js';
import { putScaled, scaledText } from './fixed-point.js';

const to = new Uint8Array(40);
const read = (end: number) => new TextDecoder().decode(to.subarray(0, end));
const low = (value: bigint) => Number(value & 0xffffffffn);
const high = (value: bigint) => Number((value >> 32n) & 0xffffffffn);

/** Around every power of ten and of two. */
const VALUES = [
  ...Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i)),
  ...Array.from({ length: 65 }, (_, i) => 1n << BigInt(i)),
].flatMap((value) => [value - 1n, value, value + 1n, value * 3n + 7n]);

describe('putUint32', () => {
  it('writes the same digits as String', () => {
    for (const value of VALUES.filter((v) => v <= 0xffffffffn)) {
      expect(read(putUint32(to, 0, Number(value)))).toBe(String(value));
    }
  });
});

describe('putWords', () => {
  it('writes every unsigned 64-bit integer exactly', () => {
    for (const value of VALUES.filter((v) => v < 1n << 64n)) {
      expect(read(putWords(to, 0, low(value), high(value)))).toBe(String(value));
    }
    expect(read(putWords(to, 0, 0xffffffff, 0xffffffff))).toBe('18446744073709551615');
  });

  it('writes quotients of 10^9 that floating point rounds the wrong way', () => {
    for (let billions = 18_000_000_000n; billions < 18_000_000_200n; billions++) {
      for (const rest of [0n, 1n, 999_999_999n]) {
        const value = billions * 1_000_000_000n + rest;
        expect(read(putWords(to, 0, low(value), high(value)))).toBe(String(value));
      }
    }
  });
});

describe('putSignedWords', () => {
  it('writes every signed 64-bit integer exactly', () => {
    for (const value of VALUES.filter((v) => v <= 1n << 63n)) {
      const bits = BigInt.asUintN(64, -value);
      expect(read(putSignedWords(to, 0, low(bits), high(bits)))).toBe(String(-value));
    }
    expect(read(putSignedWords(to, 0, 0, 0x80000000))).toBe('-9223372036854775808');
    expect(read(putSignedWords(to, 0, 0xffffffff, 0x7fffffff))).toBe('9223372036854775807');
  });
});

describe('putScaled', () => {
  it.each([
    [12_310_000, 1e6, 2, '12.31'],
    [0, 1e6, 2, '0.00'],
    [5_000, 1e6, 2, '0.01'],
    [4_999, 1e6, 2, '0.00'],
    [999_995_000, 1e6, 2, '1000.00'],
    [1_000_000_001, 1e9, 9, '1.000000001'],
    [70_000_000, 1e9, 3, '0.070'],
    [2047, 1024, 0, '1'],
    [9_007_199_254_740_991, 1e6, 3, '9007199254.741'],
    [9_007_199_254_740_991, 1024, 0, '8796093022207'],
  ])('writes %d / %d with %d decimals as %s', (value, divisor, digits, text) => {
    expect(read(putScaled(to, 0, value, divisor, digits))).toBe(text);
    expect(scaledText(BigInt(value), BigInt(divisor), digits)).toBe(text);
  });

  it('divides integers beyond 2^53', () => {
    expect(scaledText(18446744073709551615n, 1000000n, 2)).toBe('18446744073709.55');
    expect(scaledText(-9223372036854775808n, 1000n, 1)).toBe('-9223372036854775.8');
    expect(scaledText(-1n, 1024n, 0)).toBe('0');
  });
});
