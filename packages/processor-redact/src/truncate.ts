import type { BytesColumn, Column } from '@skep/core';

/** Keeps the first `keep` bytes of each value, less where that would split a character of UTF-8. */
export function truncated(keep: number): (column: Column, rows: number) => Column {
  return (column, rows) => {
    const { data, ends } = column as BytesColumn;
    const result = new Uint8Array(Math.min(rows === 0 ? 0 : ends[rows - 1]!, rows * keep));
    const newEnds = new Uint32Array(rows);
    let end = 0;
    for (let r = 0; r < rows; r++) {
      const start = r === 0 ? 0 : ends[r - 1]!;
      const stop = Math.min(ends[r]!, characterEnd(data, start, start + keep, ends[r]!));
      for (let i = start; i < stop; i++) result[end++] = data[i]!;
      newEnds[r] = end;
    }
    return { kind: 'bytes', data: result, ends: newEnds };
  };
}

/** The last place at or before `stop` that is not inside a character; bytes 10xxxxxx continue one. */
function characterEnd(data: Uint8Array, start: number, stop: number, end: number): number {
  if (stop >= end) return end;
  let place = stop;
  while (place > start && stop - place < 4 && (data[place]! & 0xc0) === 0x80) place--;
  return (data[place]! & 0xc0) === 0x80 ? stop : place;
}
