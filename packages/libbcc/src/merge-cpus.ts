import type { BitRange, Layout } from './layout/layout.js';
import { wordAt } from './layout/values.js';

/**
 * One value out of those of all CPUs: integers and bit fields are added up, modulo their width; bytes are those of the
 * first CPU that has any.
 *
 * @param values `cpus` parts, each rounded up to 8 bytes
 */
export function mergeCpus(layout: Layout, values: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const merged = new Uint8Array(layout.size);
  const parts = Array.from({ length: Math.floor(values.length / size) }, (_, cpu) =>
    values.subarray(cpu * size, (cpu + 1) * size),
  );
  merge(layout, parts, 0, merged);
  return merged;
}

function merge(layout: Layout, parts: readonly Uint8Array[], at: number, into: Uint8Array): void {
  const { kind, size } = layout;
  switch (kind) {
    case 'bytes': {
      const filled = parts
        .map((part) => part.subarray(at, at + size))
        .find((bytes) => bytes.some((byte) => byte !== 0));
      if (filled) into.set(filled, at);
      return;
    }
    case 'integer':
      addUp(parts, at, size, { first: 0, width: size * 8 }, into);
      return;
    case 'array':
      for (let i = 0; i < layout.length; i++) merge(layout.element, parts, at + i * layout.element.size, into);
      return;
    case 'record':
      for (const { layout: member, offset, bits } of layout.members) {
        if (bits) addUp(parts, at + offset, member.size, bits, into);
        else merge(member, parts, at + offset, into);
      }
  }
}

function addUp(parts: readonly Uint8Array[], at: number, size: number, bits: BitRange, into: Uint8Array): void {
  const first = BigInt(bits.first);
  const mask = (1n << BigInt(bits.width)) - 1n;
  const total = parts.reduce((sum, part) => sum + ((wordAt(part, at, size) >> first) & mask), 0n) & mask;
  let word = (wordAt(into, at, size) & ~(mask << first)) | (total << first);
  for (let i = 0; i < size; i++, word >>= 8n) into[at + i] = Number(word & 0xffn);
}
