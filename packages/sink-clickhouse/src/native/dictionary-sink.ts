import { GrowingBytes } from './growing.js';
import { StringSink } from './string-sink.js';
import type { TextSink } from './text-sink.js';

/** Version of the layout, before everything else. */
const VERSION = u64(1, 0);
/** The block brings its own keys, and they are new to the server. */
const KEY_FLAGS = 0x600;
const EMPTY = -1;
const FIRST_SLOTS = 256;

/**
 * `LowCardinality(String)`: distinct values once, and an index per row of the smallest width that holds them all. The
 * dictionary lives as long as a block, so it holds no more keys than a block has rows.
 */
export class DictionarySink implements TextSink {
  readonly prefix = [VERSION];
  private keys = new StringSink();
  private keyCount = 0;
  /** The keys' bytes and where each ends, to compare with. */
  private readonly keyData = new GrowingBytes();
  private keyEnds = new Uint32Array(FIRST_SLOTS);
  private keyHashes = new Uint32Array(FIRST_SLOTS);
  private slots = new Int32Array(FIRST_SLOTS * 2).fill(EMPTY);
  private indexes = new Uint32Array(FIRST_SLOTS);
  private rows = 0;

  get bytes(): number {
    return this.keys.bytes + this.rows * 4;
  }

  putAll(data: Uint8Array, ends: Uint32Array, rows: number): void {
    this.reserve(rows);
    let start = 0;
    for (let r = 0; r < rows; r++) {
      const end = ends[r]!;
      // Not `this.rows++` on the left: it would be counted before the index is looked for.
      this.indexes[this.rows] = this.indexOf(data, start, end);
      this.rows++;
      start = end;
    }
  }

  put(data: Uint8Array, start: number, end: number): void {
    this.reserve(1);
    this.indexes[this.rows] = this.indexOf(data, start, end);
    this.rows++;
  }

  repeat(value: Uint8Array, rows: number): void {
    this.reserve(rows);
    const index = this.indexOf(value, 0, value.length);
    this.indexes.fill(index, this.rows, this.rows + rows);
    this.rows += rows;
  }

  take(): Uint8Array[] {
    if (this.rows === 0) return [];
    const indexes = this.indexes.subarray(0, this.rows);
    const [width, narrow] = narrowed(indexes, this.keyCount);
    const parts = [
      u64(width | KEY_FLAGS, 0),
      u64(this.keyCount, 0),
      ...this.keys.take(),
      u64(this.rows, 0),
      new Uint8Array(narrow.buffer, narrow.byteOffset, narrow.byteLength),
    ];
    this.rows = 0;
    this.keyCount = 0;
    this.keyData.length = 0;
    // Indexes that went out as they are cannot be overwritten.
    if (narrow === indexes) this.indexes = new Uint32Array(indexes.length);
    this.slots.fill(EMPTY);
    return parts;
  }

  giveBack(): void {
    this.keys.giveBack();
  }

  private indexOf(data: Uint8Array, start: number, end: number): number {
    // Rows of one process come in runs.
    if (this.rows > 0) {
      const last = this.indexes[this.rows - 1]!;
      if (this.isKey(last, data, start, end)) return last;
    }
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ data[at]!, 0x01000193);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot]!;
      if (index === EMPTY) return this.addKey(hash, slot, data, start, end);
      if (this.keyHashes[index] === hash && this.isKey(index, data, start, end)) return index;
    }
  }

  private isKey(index: number, data: Uint8Array, start: number, end: number): boolean {
    const keyStart = index === 0 ? 0 : this.keyEnds[index - 1]!;
    if (this.keyEnds[index]! - keyStart !== end - start) return false;
    const keys = this.keyData.data;
    for (let at = start, key = keyStart; at < end; at++, key++) if (data[at] !== keys[key]) return false;
    return true;
  }

  private addKey(hash: number, slot: number, data: Uint8Array, start: number, end: number): number {
    const index = this.keyCount++;
    if (index === this.keyEnds.length) {
      this.keyEnds = grown(this.keyEnds, index * 2);
      this.keyHashes = grown(this.keyHashes, index * 2);
    }
    this.keyData.append(data.subarray(start, end));
    this.keyEnds[index] = this.keyData.length;
    this.keyHashes[index] = hash;
    this.keys.put(data, start, end);
    this.slots[slot] = index;
    if (this.keyCount * 2 > this.slots.length) this.rehash();
    return index;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(EMPTY);
    const mask = this.slots.length - 1;
    for (let index = 0; index < this.keyCount; index++) {
      let slot = this.keyHashes[index]! & mask;
      while (this.slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.slots[slot] = index;
    }
  }

  private reserve(rows: number): void {
    const wanted = this.rows + rows;
    if (wanted > this.indexes.length) this.indexes = grown(this.indexes, Math.max(wanted, this.indexes.length * 2));
  }
}

/** Code of the index type, and the indexes in it. */
function narrowed(indexes: Uint32Array, keys: number): [code: number, Uint8Array | Uint16Array | Uint32Array] {
  if (keys <= 0x100) return [0, new Uint8Array(indexes)];
  if (keys <= 0x10000) return [1, new Uint16Array(indexes)];
  return [2, indexes];
}

function grown(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length);
  larger.set(array);
  return larger;
}

export function u64(low: number, high: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(low, high).buffer);
}
