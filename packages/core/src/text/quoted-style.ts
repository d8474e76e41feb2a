import { appendByte } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { appendEscaped, type EscapeRules } from './escape.js';
import type { TextStyle } from './style.js';

const QUOTE = 0x22;
const EMPTY_ITEM = [0x5c, 0x30];

/** What sets CSV and logfmt apart. */
export interface QuotedFormat {
  /** Bytes, besides the quote and the backslash, that make quotes necessary. */
  readonly special: string;
  /** What stands before a quote inside quotes. */
  readonly beforeQuote: '"' | '\\';
  /** Write an empty text as two quotes; otherwise as nothing. */
  readonly quoteEmpty: boolean;
}

/**
 * Texts for CSV and logfmt: as they are, or in double quotes when they hold anything but plain ASCII.
 *
 * One rule makes every byte come back: a backslash of the data is always doubled; `\n`, `\t`, `\r` are those bytes,
 * `\xNN` is the byte NN, `\u{...}` the code point in UTF-8. The elements of a list are separated by one blank; inside
 * an element a blank is `\x20`, and an empty element is `\0`.
 */
export class QuotedStyle implements TextStyle {
  private readonly plain: Uint8Array;
  private readonly rules: EscapeRules;
  private readonly itemRules: EscapeRules;
  private readonly quoteEmpty: boolean;

  constructor({ special, beforeQuote, quoteEmpty }: QuotedFormat) {
    const quoted = `${special}"\\`;
    this.plain = Uint8Array.from({ length: 256 }, (_, byte) =>
      byte >= 0x20 && byte < 0x7f && !quoted.includes(String.fromCharCode(byte)) ? 1 : 0,
    );
    this.rules = { doubleBackslash: true, beforeQuote: beforeQuote.charCodeAt(0), blanks: false };
    this.itemRules = { ...this.rules, blanks: true };
    this.quoteEmpty = quoteEmpty;
  }

  text(out: ByteBuffer, data: Uint8Array, start: number, end: number): number {
    if (start === end) return this.quoteEmpty ? this.quoted(out, data, start, end) : 0;
    const { plain } = this;
    out.ensure(end - start);
    const to = out.bytes;
    let at = out.length;
    let i = start;
    for (; i < end; i++) {
      const byte = data[i]!;
      if (plain[byte] === 0) break;
      to[at++] = byte;
    }
    if (i < end) return this.quoted(out, data, start, end);
    out.length = at;
    return end - start;
  }

  list(out: ByteBuffer, items: readonly Uint8Array[]): number {
    if (items.length === 1 && !items[0]!.includes(0x20) && items[0]!.length > 0) {
      return this.text(out, items[0]!, 0, items[0]!.length);
    }
    if (items.length === 0) return this.text(out, new Uint8Array(), 0, 0);
    appendByte(out, QUOTE);
    let characters = 2 + items.length - 1;
    for (const [i, item] of items.entries()) {
      if (i > 0) appendByte(out, 0x20);
      if (item.length > 0) characters += appendEscaped(out, item, 0, item.length, this.itemRules);
      else for (const byte of EMPTY_ITEM) appendByte(out, byte);
    }
    appendByte(out, QUOTE);
    return characters;
  }

  private quoted(out: ByteBuffer, data: Uint8Array, start: number, end: number): number {
    appendByte(out, QUOTE);
    const characters = appendEscaped(out, data, start, end, this.rules);
    appendByte(out, QUOTE);
    return characters + 2;
  }
}
