import type { Batch, Column } from '@skep/core';

/**
 * A 32-bit hash of each row over some columns (FNV-1a, then MurmurHash3's finaliser so that every bit depends on every
 * other). The same values give the same hash in every process.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/ and https://github.com/aappleby/smhasher (public domain)
 */
export function hashRows(batch: Batch, columns: readonly number[]): Uint32Array {
  const hashes = new Uint32Array(batch.rows).fill(0x811c9dc5);
  for (const c of columns) addColumn(hashes, batch.columns[c]!);
  for (let r = 0; r < hashes.length; r++) hashes[r] = mixed(hashes[r]!);
  return hashes;
}

function addColumn(hashes: Uint32Array, column: Column): void {
  const rows = hashes.length;
  if (column.kind === 'bytes') {
    const { data, ends } = column;
    for (let r = 0, i = 0; r < rows; r++) {
      let hash = hashes[r]!;
      for (const end = ends[r]!; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
      // The end counts: ('ab', 'c') is not ('a', 'bc').
      hashes[r] = Math.imul(hash ^ 0x100, 0x01000193);
    }
  } else if (column.kind === 'wide') {
    const { words } = column;
    for (let r = 0; r < rows; r++) hashes[r] = addWord(addWord(hashes[r]!, words[r * 2]!), words[r * 2 + 1]!);
  } else {
    const { values } = column;
    for (let r = 0; r < rows; r++) hashes[r] = addWord(hashes[r]!, values[r]!);
  }
}

function addWord(hash: number, word: number): number {
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((word >>> shift) & 0xff), 0x01000193);
  return hash;
}

function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
