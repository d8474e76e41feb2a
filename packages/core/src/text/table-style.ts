import { appendByte } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { appendEscaped, type EscapeRules } from './escape.js';
import type { TextStyle } from './style.js';

/** A backslash of the data stays one, as BCC prints paths: a table is for reading, not for parsing. */
const RULES: EscapeRules = { doubleBackslash: false, beforeQuote: 0, blanks: false };
const QUOTED: EscapeRules = { ...RULES, beforeQuote: 0x5c };

/** Texts for people: only what would act on the terminal or break the line is escaped; lists are joined by blanks. */
export const tableStyle: TextStyle = {
  text: appendVisible,
  list(out, items) {
    let characters = Math.max(0, items.length - 1);
    for (const [i, item] of items.entries()) {
      if (i > 0) appendByte(out, 0x20);
      characters += appendVisible(out, item, 0, item.length);
    }
    return characters;
  },
};

/** Each text in double quotes, inner quotes after a backslash: execsnoop's -q. */
export const quotedTableStyle: TextStyle = {
  text: appendQuoted,
  list(out, items) {
    let characters = Math.max(0, items.length - 1);
    for (const [i, item] of items.entries()) {
      if (i > 0) appendByte(out, 0x20);
      characters += appendQuoted(out, item, 0, item.length);
    }
    return characters;
  },
};

function appendVisible(out: ByteBuffer, data: Uint8Array, start: number, end: number): number {
  out.ensure(end - start);
  const to = out.bytes;
  let at = out.length;
  let i = start;
  for (; i < end; i++) {
    const byte = data[i]!;
    if (byte < 0x20 || byte > 0x7e) break;
    to[at++] = byte;
  }
  out.length = at;
  return i < end ? i - start + appendEscaped(out, data, i, end, RULES) : end - start;
}

function appendQuoted(out: ByteBuffer, data: Uint8Array, start: number, end: number): number {
  appendByte(out, 0x22);
  const characters = appendEscaped(out, data, start, end, QUOTED);
  appendByte(out, 0x22);
  return characters + 2;
}
