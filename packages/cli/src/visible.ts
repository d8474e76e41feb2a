/** Bytes that act on a terminal: C0 without line feed, DEL, C1, and the marks that reorder text. */
const ACTING = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A message as it may be written to a terminal, whatever words of others it quotes; lines stay lines. */
export function visibleMessage(text: string): string {
  return text.replace(ACTING, (c) => {
    const code = c.charCodeAt(0);
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
