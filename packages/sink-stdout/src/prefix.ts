import type { ByteBuffer } from '@skep/core';

const LINE_FEED = 0x0a;

/** What stands before each line of a stream. */
export interface Prefix {
  readonly bytes: Uint8Array;
  /** Before an empty line: the same without the blank at its end. */
  readonly short: Uint8Array;
}

/** `name | `, in the colour of this SGR code when there is one. */
export function prefixOf(name: string, color: number | undefined): Prefix {
  const text = color === undefined ? `${name} |` : `\x1b[${color}m${name} |\x1b[0m`;
  const encoder = new TextEncoder();
  return { bytes: encoder.encode(`${text} `), short: encoder.encode(text) };
}

/** Append the lines of `text`, each with the prefix; returns how many they were. */
export function appendPrefixed(out: ByteBuffer, text: Uint8Array, prefix: Prefix): number {
  let lines = 0;
  for (let start = 0; start < text.length; lines++) {
    const found = text.indexOf(LINE_FEED, start);
    const end = found < 0 ? text.length : found + 1;
    const before = end - start === 1 ? prefix.short : prefix.bytes;
    out.ensure(before.length + end - start);
    out.bytes.set(before, out.length);
    out.bytes.set(text.subarray(start, end), out.length + before.length);
    out.length += before.length + end - start;
    start = end;
  }
  return lines;
}
