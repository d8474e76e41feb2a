import { append, appendByte, encode } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { appendBase64, appendJsonString } from './json-text.js';
import type { TextStyle } from './style.js';

/**
 * Texts of one field as JSON. What is not valid UTF-8 is followed by `,"<field>_base64":` and the exact bytes: a string,
 * or for a list an array of all its elements.
 */
export class JsonStyle implements TextStyle {
  private readonly base64Key: Uint8Array;

  constructor(field: string) {
    this.base64Key = encode(`,${JSON.stringify(`${field}_base64`)}:`);
  }

  text(out: ByteBuffer, data: Uint8Array, start: number, end: number): number {
    const before = out.length;
    if (!appendJsonString(out, data, start, end)) {
      append(out, this.base64Key);
      appendBase64(out, data, start, end);
    }
    return out.length - before;
  }

  list(out: ByteBuffer, items: readonly Uint8Array[]): number {
    const before = out.length;
    let valid = true;
    for (const [i, item] of items.entries()) {
      appendByte(out, i === 0 ? 0x5b : 0x2c);
      if (!appendJsonString(out, item, 0, item.length)) valid = false;
    }
    if (items.length === 0) appendByte(out, 0x5b);
    appendByte(out, 0x5d);
    if (!valid) {
      append(out, this.base64Key);
      for (const [i, item] of items.entries()) {
        appendByte(out, i === 0 ? 0x5b : 0x2c);
        appendBase64(out, item, 0, item.length);
      }
      appendByte(out, 0x5d);
    }
    return out.length - before;
  }
}
