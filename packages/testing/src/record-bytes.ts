import type { Field, Member } from '@skep/core';
import type { RecordLayout } from '@skep/libbpf/btf';

/** Values by member: numbers, bigints, booleans, text (UTF-8) or bytes, ids of stacks; what is not named is 0. */
export type RecordValues = Readonly<Record<string, number | bigint | boolean | string | Uint8Array>>;

export interface RecordOptions {
  /** End the record behind its last text, as programs do that send only as much as there is. */
  readonly short?: boolean;
  /** What lies in bytes that nobody sets: padding, and texts behind their NUL. Default: 0. */
  readonly filler?: number;
}

const utf8 = new TextEncoder();
/** A stack is in its record as an id, a u64. */
const STACK_BYTES = 8;

/**
 * The bytes of a record as a program on a little-endian machine leaves it in the ring.
 *
 * @throws RangeError for a member that the layout does not have, or a text that does not fit.
 */
export function recordBytes(layout: RecordLayout, row: RecordValues, options: RecordOptions = {}): Uint8Array {
  const bytes = new Uint8Array(layout.size).fill(options.filler ?? 0);
  const names = new Set(layout.members.map(({ field }) => field.name));
  const unknown = Object.keys(row).find((name) => !names.has(name));
  if (unknown !== undefined) throw new RangeError(`struct ${layout.name} has no member "${unknown}"`);
  let end = layout.size;
  for (const member of layout.members) {
    const used = writeMember(bytes, member, row[member.field.name] ?? 0);
    if (options.short && member === layout.members.at(-1) && member.field.type === 'bytes') end = member.offset + used;
  }
  return bytes.slice(0, end);
}

/** Writes one value; returns the bytes it took. */
function writeMember(bytes: Uint8Array, { field, offset, stack }: Member, value: RecordValues[string]): number {
  if (stack) {
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      throw new RangeError(`${field.name} is a stack: its frames are a list, root first`);
    }
    writeInteger(bytes, STACK_BYTES, offset, BigInt(value));
    return STACK_BYTES;
  }
  if (field.type !== 'bytes') {
    writeInteger(bytes, field.size, offset, BigInt(value as number | bigint | boolean));
    return field.size;
  }
  const content = contentOf(field, value);
  if (content.length > field.size) throw new RangeError(`${field.name} holds ${field.size} bytes`);
  bytes.set(content, offset);
  return content.length;
}

/** Text gets its NUL if there is room, as the `_str` helpers of the kernel write it; bytes are taken as they are. */
function contentOf(field: Field, value: RecordValues[string]): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const text = typeof value === 'string' ? utf8.encode(value) : new Uint8Array(0);
  if (text.length >= field.size) return text;
  const ended = new Uint8Array(text.length + 1);
  ended.set(text);
  return ended;
}

function writeInteger(bytes: Uint8Array, size: number, offset: number, value: bigint): void {
  for (let i = 0; i < size; i++) bytes[offset + i] = Number((value >> BigInt(i * 8)) & 0xffn);
}
