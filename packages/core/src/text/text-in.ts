import { encode } from './ascii.js';
import { ByteBuffer } from './byte-buffer.js';
import type { Encoded } from './cached-cells.js';
import type { TextStyle } from './style.js';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text as a value of this style, finished; for what is written again and again, or once. */
export function encodedIn(style: TextStyle, text: string): Encoded {
  const data = encode(text);
  const out = new ByteBuffer(data.length + 16);
  const characters = style.text(out, data, 0, data.length);
  return { bytes: out.view().slice(), characters };
}

/** `encodedIn` as a string. */
export function textIn(style: TextStyle, text: string): string {
  return utf8.decode(encodedIn(style, text).bytes);
}
