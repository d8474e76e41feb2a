import { type Clock, createDecoder, type Decoder, kernelMemory } from '@skep/core';
import { alignColumns, type ColumnMember, copyAligned } from './columns.js';

/** A decoder for records of any layout: those with bit fields are copied to where members are whole bytes. */
export function recordDecoder(members: readonly ColumnMember[], clock: () => Clock): Decoder {
  if (!members.some(({ bits }) => bits)) return createDecoder(members, clock);
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
