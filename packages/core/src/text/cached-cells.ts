import type { Column, WideColumn } from '../batch.js';
import { append } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { BytesSource, type Cell, NumberSource, WideSource } from './cell.js';

/** A value's finished text: its bytes, and how many characters they are. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly characters: number;
}

/** Distinct values remembered per column; the traced programs choose the values, so there must be a bound. */
const CACHED = 1024;

/** Texts of numbers up to 32 bits: enum labels, flags. Made once per distinct value. */
export class CachedNumberCell implements Cell {
  private readonly source = new NumberSource();
  private readonly cache = new Map<number, Encoded>();
  private readonly encode: (value: number) => Encoded;

  constructor(encode: (value: number) => Encoded) {
    this.encode = encode;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    const value = this.source.at(row);
    let encoded = this.cache.get(value);
    if (encoded === undefined) {
      if (this.cache.size >= CACHED) this.cache.clear();
      encoded = this.encode(value);
      this.cache.set(value, encoded);
    }
    append(out, encoded.bytes);
    return encoded.characters;
  }
}

/** Texts of 64-bit integers. Values below 2^53 are looked up as numbers, without a BigInt. */
export class CachedWideCell implements Cell {
  private readonly source = new WideSource();
  private values: WideColumn['values'] = new BigUint64Array();
  private readonly cache = new Map<number | bigint, Encoded>();
  private readonly encode: (value: bigint) => Encoded;

  constructor(encode: (value: bigint) => Encoded) {
    this.encode = encode;
  }

  bind(column: Column): void {
    this.source.bind(column);
    this.values = (column as WideColumn).values;
  }

  write(out: ByteBuffer, row: number): number {
    const { words } = this.source;
    const high = words[row * 2 + 1]!;
    const key = high < 0x200000 ? high * 4294967296 + words[row * 2]! : this.values[row]!;
    let encoded = this.cache.get(key);
    if (encoded === undefined) {
      if (this.cache.size >= CACHED) this.cache.clear();
      encoded = this.encode(this.values[row]!);
      this.cache.set(key, encoded);
    }
    append(out, encoded.bytes);
    return encoded.characters;
  }
}

interface Slot extends Encoded {
  readonly key: Uint8Array;
}

/** Texts of byte values, such as addresses. A direct-mapped table: the bytes are hashed and compared in place. */
export class CachedBytesCell implements Cell {
  private readonly source = new BytesSource();
  private readonly slots: (Slot | undefined)[] = new Array<Slot | undefined>(CACHED).fill(undefined);
  private readonly encode: (value: Uint8Array) => Encoded;

  constructor(encode: (value: Uint8Array) => Encoded) {
    this.encode = encode;
  }

  bind(column: Column): void {
    this.source.bind(column);
  }

  write(out: ByteBuffer, row: number): number {
    const { source } = this;
    const start = source.start(row);
    const end = source.ends[row]!;
    const index = hash(source.data, start, end) & (CACHED - 1);
    let slot = this.slots[index];
    if (slot === undefined || !equal(slot.key, source.data, start, end)) {
      const key = source.data.slice(start, end);
      slot = { key, ...this.encode(key) };
      if (key.length <= 256) this.slots[index] = slot;
    }
    append(out, slot.bytes);
    return slot.characters;
  }
}

/** FNV-1a; whoever floods one slot only makes its own values slow. */
function hash(data: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let i = start; i < end; i++) value = Math.imul(value ^ data[i]!, 0x01000193);
  return value ^ (value >>> 15);
}

function equal(key: Uint8Array, data: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== data[start + i]) return false;
  return true;
}
