import { encode } from './ascii.js';
import { ByteBuffer } from './byte-buffer.js';
import { tableStyle } from './table-style.js';

const utf8 = new TextDecoder();

/** `text` as a table shows it: nothing in it acts on the terminal or ends the line. */
export function visibleBytes(text: string): Uint8Array {
  const data = encode(text);
  const out = new ByteBuffer(data.length + 16);
  tableStyle.text(out, data, 0, data.length);
  return out.view().slice();
}

/** `visibleBytes` as a string. */
export function visibleText(text: string): string {
  return utf8.decode(visibleBytes(text));
}
