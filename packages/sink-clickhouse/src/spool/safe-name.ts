import { createHash } from 'node:crypto';

const MOST = 100;
const utf8 = new TextEncoder();

/**
 * `text` as a part of a file's name and of a deduplication token: letters, digits, `_`, `-` and `%XX`, at most 100
 * bytes. Different texts have different names: a long one ends with a hash of all of it.
 */
export function safeName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_-]/gu, percent) || '%';
  if (name.length <= MOST) return name;
  return `${name.slice(0, MOST - 17)}~${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

function percent(character: string): string {
  return [...utf8.encode(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
