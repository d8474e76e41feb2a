import type { Meaning } from '../meaning.js';

const utf8 = new TextDecoder();

/** An argument vector: texts that each end with a NUL. The last one may lack its NUL when it was cut. */
export const argv: Meaning = {
  typedef: 'skep_argv_t',
  json: 'list',
  text: (value) =>
    argvList(value as Uint8Array)
      .map((item) => utf8.decode(item))
      .join(' '),
  list: argvList,
};

export function argvList(bytes: Uint8Array): readonly Uint8Array[] {
  const items: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0, start);
    if (end < 0) {
      items.push(bytes.subarray(start));
      break;
    }
    items.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return items;
}
