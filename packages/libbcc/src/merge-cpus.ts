import type { Member } from '@skep/core';
import { columnsOf } from './layout/columns.js';
import type { Layout } from './layout/layout.js';

/**
 * One value out of those of all CPUs: integers are added up, modulo their width; bytes are those of the first CPU that has
 * any.
 *
 * @param values `cpus` parts, each rounded up to 8 bytes
 */
export function mergeCpus(layout: Layout, values: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const merged = new Uint8Array(layout.size);
  const members = membersOf(layout);
  for (const { field, offset } of members) {
    if (field.type === 'bytes') {
      for (let at = offset; at < values.length; at += size) {
        const part = values.subarray(at, at + field.size);
        if (part.every((byte) => byte === 0)) continue;
        merged.set(part, offset);
        break;
      }
      continue;
    }
    let total = 0n;
    for (let at = offset; at < values.length; at += size) total += unsigned(values, at, field.size);
    for (let i = 0; i < field.size; i++, total >>= 8n) merged[offset + i] = Number(total & 0xffn);
  }
  return merged;
}

const known = new WeakMap<Layout, readonly Member[]>();

function membersOf(layout: Layout): readonly Member[] {
  let members = known.get(layout);
  if (!members) known.set(layout, (members = columnsOf(layout, 'value')));
  return members;
}

function unsigned(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}
