import type { ByteBuffer } from './byte-buffer.js';
import { codePointAt, isControl, lengthOf } from './utf8.js';

const HEX = new TextEncoder().encode('0123456789abcdef');
const BASE64 = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

/** 1 for the bytes that stand for themselves in a JSON string: printable ASCII but the quote and the backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

/**
 * Append `data[start .. end)` as a JSON string with its quotes; false when it was not valid UTF-8 and U+FFFD stands for
 * what could not be read. Control characters of every kind, bidirectional ones included, are `\u` escapes, so that the
 * output is safe to look at too.
 */
export function appendJsonString(out: ByteBuffer, data: Uint8Array, start: number, end: number): boolean {
  out.ensure(end - start + 2);
  const to = out.bytes;
  let at = out.length;
  to[at++] = 0x22;
  let i = start;
  for (; i < end; i++) {
    const byte = data[i]!;
    if (PLAIN[byte] === 0) break;
    to[at++] = byte;
  }
  out.length = at;
  if (i < end) return appendEscaped(out, data, i, end);
  to[at] = 0x22;
  out.length = at + 1;
  return true;
}

function appendEscaped(out: ByteBuffer, data: Uint8Array, start: number, end: number): boolean {
  out.ensure((end - start) * 6 + 1);
  const to = out.bytes;
  let at = out.length;
  let valid = true;
  for (let i = start; i < end; ) {
    const byte = data[i]!;
    if (PLAIN[byte] === 1) {
      to[at++] = byte;
      i++;
    } else if (byte < 0x80) {
      at = putEscape(to, at, byte);
      i++;
    } else {
      const codePoint = codePointAt(data, i, end);
      if (codePoint < 0) {
        valid = false;
        to[at++] = 0xef;
        to[at++] = 0xbf;
        to[at++] = 0xbd;
        i -= codePoint;
      } else if (isControl(codePoint)) {
        at = putUnicode(to, at, codePoint);
        i += lengthOf(codePoint);
      } else for (const stop = i + lengthOf(codePoint); i < stop; i++) to[at++] = data[i]!;
    }
  }
  to[at++] = 0x22;
  out.length = at;
  return valid;
}

function putEscape(to: Uint8Array, at: number, byte: number): number {
  const letter =
    byte === 0x22 || byte === 0x5c ? byte : byte === 0x0a ? 0x6e : byte === 0x09 ? 0x74 : byte === 0x0d ? 0x72 : 0;
  if (letter === 0) return putUnicode(to, at, byte);
  to[at] = 0x5c;
  to[at + 1] = letter;
  return at + 2;
}

function putUnicode(to: Uint8Array, at: number, unit: number): number {
  to[at] = 0x5c;
  to[at + 1] = 0x75;
  to[at + 2] = HEX[unit >> 12]!;
  to[at + 3] = HEX[(unit >> 8) & 15]!;
  to[at + 4] = HEX[(unit >> 4) & 15]!;
  to[at + 5] = HEX[unit & 15]!;
  return at + 6;
}

/** Append `data[start .. end)` in base64 (RFC 4648, padded), in double quotes. */
export function appendBase64(out: ByteBuffer, data: Uint8Array, start: number, end: number): void {
  out.ensure((((end - start + 2) / 3) | 0) * 4 + 2);
  const to = out.bytes;
  let at = out.length;
  to[at++] = 0x22;
  for (let i = start; i < end; i += 3) {
    const left = end - i;
    const bits = (data[i]! << 16) | (left > 1 ? data[i + 1]! << 8 : 0) | (left > 2 ? data[i + 2]! : 0);
    to[at++] = BASE64[bits >> 18]!;
    to[at++] = BASE64[(bits >> 12) & 63]!;
    to[at++] = left > 1 ? BASE64[(bits >> 6) & 63]! : 0x3d;
    to[at++] = left > 2 ? BASE64[bits & 63]! : 0x3d;
  }
  to[at++] = 0x22;
  out.length = at;
}
