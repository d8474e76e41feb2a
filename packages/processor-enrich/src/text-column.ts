import type { BytesColumn } from '@skep/core';

/** Texts as a column. */
export function textColumn(texts: readonly string[]): BytesColumn {
  const ends = new Uint32Array(texts.length);
  let end = 0;
  for (const [r, text] of texts.entries()) ends[r] = end += Buffer.byteLength(text);
  const data = Buffer.allocUnsafe(end);
  for (let r = 0, at = 0; r < texts.length; at = ends[r]!, r++) data.write(texts[r]!, at);
  return { kind: 'bytes', data, ends };
}
