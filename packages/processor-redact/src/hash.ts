import { createHmac } from 'node:crypto';
import type { BytesColumn, Column } from '@skep/core';

const HEX_DIGITS = 16;
/** Hashes remembered between batches: names and paths come again and again. */
const MOST_REMEMBERED = 16_384;

/** Replaces each value by the first 16 hex digits of its HMAC-SHA-256; an empty one stays empty. */
export function hashed(secret: string | Uint8Array): (column: Column, rows: number) => Column {
  const known = new Map<string, Buffer>();
  return (column, rows) => {
    const { data, ends } = column as BytesColumn;
    const source = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const result = Buffer.alloc(rows * HEX_DIGITS);
    const newEnds = new Uint32Array(rows);
    let end = 0;
    for (let r = 0; r < rows; r++) {
      const start = r === 0 ? 0 : ends[r - 1]!;
      if (ends[r]! > start) {
        digest(source.subarray(start, ends[r]!)).copy(result, end);
        end += HEX_DIGITS;
      }
      newEnds[r] = end;
    }
    return { kind: 'bytes', data: result, ends: newEnds };
  };

  function digest(value: Buffer): Buffer {
    const key = value.toString('latin1');
    let digits = known.get(key);
    if (!digits) {
      digits = Buffer.from(createHmac('sha256', secret).update(value).digest('hex').slice(0, HEX_DIGITS), 'latin1');
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(key, digits);
    }
    return digits;
  }
}
