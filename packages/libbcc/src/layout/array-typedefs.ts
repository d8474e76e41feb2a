import { withoutComments } from '../text/struct-names.js';
import { layoutOf } from './layout.js';

/** The typedefs of arrays that are known here, by what libbcc describes in their place: one element. */
const ELEMENTS: Readonly<Record<string, string>> = { skep_comm_t: 'char', skep_ip_t: 'unsigned char' };

/** Members that the text declares with such a typedef, by name. */
export function arrayTypedefs(text: string): ReadonlyMap<string, string> {
  const declared = withoutComments(text).matchAll(/\b(skep_comm_t|skep_ip_t)\s+(\w+)\s*;/g);
  return new Map([...declared].map(([, typedef = '', member = '']) => [member, typedef]));
}

/**
 * libbcc describes a member whose typedef is an array as one element. Where that makes the type too small, such members are
 * given their typedef back; a description that is still not of `size` bytes is left as it was.
 */
export function withArrays(json: string, size: number, typedefs: ReadonlyMap<string, string>): string {
  // Queues have no keys.
  if (json === '' || sizeOf(json) === size) return json;
  const restored = JSON.stringify(restoreArrays(JSON.parse(json), typedefs, size));
  return sizeOf(restored) === size ? restored : json;
}

/**
 * A parsed description whose members have their typedefs back. `size` is that of the whole: a type may be such a typedef.
 * Types and members are told apart by their places only.
 */
export function restoreArrays(description: unknown, typedefs: ReadonlyMap<string, string>, size?: number): unknown {
  if (typeof description === 'string') {
    const isWhole = ([, element]: [string, string]) => element === description && size === 16;
    return Object.entries(ELEMENTS).find(isWhole)?.[0] ?? description;
  }
  if (!Array.isArray(description)) return description;
  const [name, type, dimensions] = description;
  const typedef = typedefs.get(name);
  if (typedef !== undefined && ELEMENTS[typedef] === type && dimensions === undefined) return [name, typedef];
  return description.map((part) => (Array.isArray(part) ? restoreArrays(part, typedefs) : part));
}

function sizeOf(json: string): number | undefined {
  try {
    return layoutOf(JSON.parse(json)).size;
  } catch {
    return undefined;
  }
}
