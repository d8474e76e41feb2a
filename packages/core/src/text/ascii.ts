import type { ByteBuffer } from './byte-buffer.js';

const encoder = new TextEncoder();

/** UTF-8 bytes of a text that is known beforehand: a key, a header, a separator. */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Append all of `bytes`. A loop: for the short pieces a row is made of it beats `TypedArray.set`, whose call alone
 * costs as much as copying 60 bytes.
 */
export function append(out: ByteBuffer, bytes: Uint8Array): void {
  const { length } = bytes;
  out.ensure(length);
  const to = out.bytes;
  let at = out.length;
  for (let i = 0; i < length; i++) to[at++] = bytes[i]!;
  out.length = at;
}

/** Append a text that needs no escaping; for headers and other things written once. */
export function appendText(out: ByteBuffer, text: string): void {
  append(out, encoder.encode(text));
}

export function appendByte(out: ByteBuffer, byte: number): void {
  out.ensure(1);
  out.bytes[out.length++] = byte;
}
