import { type Clock, createDecoder, type Decoder, kernelMemory } from '@skep/core';
import { alignColumns, type ColumnMember, copyAligned } from './columns.js';

/** A decoder for records of any layout: packed structs and bit fields are copied to where they can be read. */
export function recordDecoder(members: readonly ColumnMember[], clock: () => Clock): Decoder {
  if (members.every(isAligned)) return createDecoder(members, clock);
  const aligned = alignColumns(members);
  const decoder = createDecoder(aligned.members, clock);
  return {
    fields: decoder.fields,
    decode(memory, starts, _ends, rows, into) {
      const bytes = new Uint8Array(rows * aligned.size);
      const [from, to] = [new Uint32Array(rows), new Uint32Array(rows)];
      for (let r = 0; r < rows; r++) {
        copyAligned(memory.u8, starts[r]!, members, bytes, r * aligned.size, aligned);
        from[r] = r * aligned.size;
        to[r] = from[r]! + aligned.size;
      }
      decoder.decode(kernelMemory(bytes.buffer), from, to, rows, into);
    },
  };
}

/** Records begin at multiples of 4, and no member is read in larger words. */
function isAligned({ field, offset, bits }: ColumnMember): boolean {
  if (bits) return false;
  const word = field.type === 'bytes' ? 1 : Math.min(4, field.size);
  return offset % word === 0;
}
