import type { ByteBuffer } from './byte-buffer.js';
import { codePointAt, isControl, lengthOf } from './utf8.js';

/** How `appendEscaped` treats the three printable characters that can be special. */
export interface EscapeRules {
  /** A backslash in the data becomes two, which makes the escapes reversible. */
  readonly doubleBackslash: boolean;
  /** What stands before a double quote of the data: another quote (CSV), a backslash, or 0 for nothing. */
  readonly beforeQuote: number;
  /** A blank becomes `\x20`, for elements of a list that blanks separate. */
  readonly blanks: boolean;
}

const HEX = new TextEncoder().encode('0123456789abcdef');
const BACKSLASH = 0x5c;

/**
 * Append `data[start .. end)` so that nothing in it acts on a terminal and no line ends: `\n`, `\t`, `\r`; `\xNN` for
 * other control bytes and for each byte that is no UTF-8; `\u{...}` for the code points of `isControl`. Everything else
 * stays as it is. Returns the characters appended.
 *
 * The way for texts with something to escape; writers copy plain ASCII themselves.
 */
export function appendEscaped(
  out: ByteBuffer,
  data: Uint8Array,
  start: number,
  end: number,
  rules: EscapeRules,
): number {
  const { doubleBackslash, beforeQuote, blanks } = rules;
  out.ensure((end - start) * 4);
  const to = out.bytes;
  let at = out.length;
  let continuations = 0;
  const first = at;
  for (let i = start; i < end; ) {
    const byte = data[i]!;
    if (byte >= 0x80) {
      const codePoint = codePointAt(data, i, end);
      if (codePoint < 0) {
        for (const stop = i - codePoint; i < stop; i++) at = putHexByte(to, at, data[i]!);
      } else if (isControl(codePoint)) {
        at = putCodePoint(to, at, codePoint);
        i += lengthOf(codePoint);
      } else {
        continuations += lengthOf(codePoint) - 1;
        for (const stop = i + lengthOf(codePoint); i < stop; i++) to[at++] = data[i]!;
      }
      continue;
    }
    i++;
    if (byte < 0x20 || byte === 0x7f) at = putControl(to, at, byte);
    else if (byte === 0x20 && blanks) at = putHexByte(to, at, byte);
    else {
      if (byte === BACKSLASH && doubleBackslash) to[at++] = BACKSLASH;
      if (byte === 0x22 && beforeQuote !== 0) to[at++] = beforeQuote;
      to[at++] = byte;
    }
  }
  out.length = at;
  return at - first - continuations;
}

function putControl(to: Uint8Array, at: number, byte: number): number {
  const letter = byte === 0x0a ? 0x6e : byte === 0x09 ? 0x74 : byte === 0x0d ? 0x72 : 0;
  if (letter === 0) return putHexByte(to, at, byte);
  to[at] = BACKSLASH;
  to[at + 1] = letter;
  return at + 2;
}

function putHexByte(to: Uint8Array, at: number, byte: number): number {
  to[at] = BACKSLASH;
  to[at + 1] = 0x78;
  to[at + 2] = HEX[byte >> 4]!;
  to[at + 3] = HEX[byte & 15]!;
  return at + 4;
}

function putCodePoint(to: Uint8Array, at: number, codePoint: number): number {
  to[at++] = BACKSLASH;
  to[at++] = 0x75;
  to[at++] = 0x7b;
  for (let shift = codePoint > 0xfff ? 12 : codePoint > 0xff ? 8 : 4; shift >= 0; shift -= 4) {
    to[at++] = HEX[(codePoint >> shift) & 15]!;
  }
  to[at++] = 0x7d;
  return at;
}
