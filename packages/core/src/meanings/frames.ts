import type { Meaning } from '../meaning.js';

const utf8 = new TextDecoder();
const SEPARATOR = 0x3b;

/** A stack: names of frames from the root to the innermost, `;` between them; no bytes when there is no stack. */
export const frames: Meaning = {
  typedef: 'skep_frames',
  json: 'list',
  text: (value) => utf8.decode(value as Uint8Array),
  list: framesList,
};

/** The frames, root first. */
export function framesList(bytes: Uint8Array): readonly Uint8Array[] {
  const items: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = bytes.indexOf(SEPARATOR, start);
    if (end < 0) end = bytes.length;
    items.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return items;
}
