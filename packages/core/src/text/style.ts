import type { ByteBuffer } from './byte-buffer.js';

/** How a format writes texts and lists of texts; everything else is written alike by all formats. */
export interface TextStyle {
  /** Append `data[start .. end)` as one complete value; returns the characters appended (code points). */
  text(out: ByteBuffer, data: Uint8Array, start: number, end: number): number;
  /** Append a list, such as an argument vector, as one complete value; returns the characters appended. */
  list(out: ByteBuffer, items: readonly Uint8Array[]): number;
}
