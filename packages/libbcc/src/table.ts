import { SkepError } from '@skep/core';
import type { MapOfFd } from '@skep/libbpf';
import type { CompiledMap } from './compile.js';
import { type HistogramTextOptions, histogramText } from './histogram.js';
import { type Layout, parseLayout } from './layout/layout.js';
import { bytesOf, readValue, type Value } from './layout/values.js';
import {
  isArray,
  isIndexed,
  isTable,
  isWritable,
  MAP_PROG_ARRAY,
  MAP_QUEUE,
  MAP_STACK,
  MAP_STACK_TRACE,
} from './map-types.js';
import { mergeCpus } from './merge-cpus.js';

/**
 * A table of a program: a hash, an array, per CPU or not, or a table of stacks, programs, a queue. Keys and values have the
 * types that the text declares: integers of 64 bits are bigint, `char` arrays text, structs objects.
 *
 * Reading takes the whole table in batches, so programs may go on counting; what they add meanwhile is in this reading or
 * the next. Values of per-CPU tables are added up over the CPUs, but for `perCpu`.
 */
export class Table<K = Value, V = Value> {
  readonly name: string;
  /** For what needs the descriptor itself. */
  readonly map: MapOfFd;
  private readonly keyLayout: Layout;
  private readonly leafLayout: Layout;
  /** The bytes of keys that were read: their text may not be all of them. */
  private readonly readKeys = new WeakMap<object, Uint8Array<ArrayBuffer>>();

  /** @throws SkepError SKEP_SCHEMA when a type of the key or leaf cannot be read. */
  constructor({ described, map }: CompiledMap) {
    this.name = described.name;
    this.map = map;
    const queued = map.keySize === 0;
    this.keyLayout = queued ? { kind: 'record', name: '', members: [], size: 0, align: 1 } : parseLayout(described.key);
    this.leafLayout = parseLayout(described.leaf);
    for (const [layout, size] of [[this.keyLayout, map.keySize] as const, [this.leafLayout, map.valueSize] as const]) {
      if (layout.size === size) continue;
      throw new SkepError(
        'SKEP_SCHEMA',
        `table ${this.name}: a type of ${size} bytes is described with ${layout.size}`,
        'libbcc describes neither arrays of arrays nor typedefs of arrays: give the member one dimension',
      );
    }
  }

  get maxEntries(): number {
    return this.map.maxEntries;
  }

  /**
   * Undefined when there is no such key. A struct that was read from this table is found again whatever its bytes are,
   * also those behind the end of its texts, which are not shown.
   */
  get(key: K): V | undefined {
    const values = this.map.lookup(this.keyBytes(key));
    return values && this.merged(values);
  }

  /** The value of each possible CPU. */
  perCpu(key: K): V[] | undefined {
    const values = this.map.lookup(this.keyBytes(key));
    if (!values) return undefined;
    const part = this.map.isPerCpu ? ceil8(this.map.valueSize) : values.length;
    return Array.from(
      { length: values.length / part },
      (_, cpu) => readValue(this.leafLayout, values, cpu * part) as V,
    );
  }

  /**
   * Write one entry. In a per-CPU table the value is that of the first CPU and the others are 0, so that `get` gives it
   * back.
   *
   * @throws SkepError SKEP_USAGE when a value does not fit its type, or there is no such index; SKEP_ATTACH when the table
   *   is full.
   */
  set(key: K, value: V): void {
    this.mustTake(key);
    this.map.update(this.keyBytes(key), this.valueBytes(value));
  }

  /** Write many entries in one system call. */
  setAll(entries: Iterable<readonly [K, V]>): void {
    const all = [...entries];
    for (const [key] of all) this.mustTake(key);
    const keys = Buffer.concat(all.map(([key]) => this.keyBytes(key)));
    const values = Buffer.concat(all.map(([, value]) => this.valueBytes(value)));
    this.map.updateAll(keys, values);
  }

  /** False when there was no such key. @throws SkepError SKEP_USAGE for arrays, which have an entry for every index. */
  delete(key: K): boolean {
    if (isArray(this.map.type)) {
      throw new SkepError('SKEP_USAGE', `entries of array ${this.name} cannot be deleted`, 'set them to 0');
    }
    return this.map.delete(this.keyBytes(key));
  }

  has(key: K): boolean {
    return this.map.lookup(this.keyBytes(key)) !== undefined;
  }

  /** Every key with its value. Arrays have an entry for every index. */
  entries(): [K, V][] {
    return this.read(false);
  }

  /** The same, and the table is empty (an array: zero) afterwards; entry by entry, so that little is lost between. */
  takeEntries(): [K, V][] {
    return this.read(true);
  }

  keys(): K[] {
    return this.entries().map(([key]) => key);
  }

  values(): V[] {
    return this.entries().map(([, value]) => value);
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.entries()[Symbol.iterator]();
  }

  clear(): void {
    this.map.entries(true);
  }

  /** Take the next value out of a BPF_QUEUE or BPF_STACK; undefined when it is empty. */
  pop(): V | undefined {
    this.mustBe([MAP_QUEUE, MAP_STACK], 'queue or stack');
    const value = this.map.pop();
    return value && (readValue(this.leafLayout, value) as V);
  }

  push(value: V): void {
    this.mustBe([MAP_QUEUE, MAP_STACK], 'queue or stack');
    this.map.update(new Uint8Array(0), this.valueBytes(value));
  }

  /** The addresses of a stack of BPF_STACK_TRACE, innermost first; empty when it is gone, or the id is an error. */
  stack(id: number): bigint[] {
    this.mustBe([MAP_STACK_TRACE], 'table of stacks');
    if (id < 0) return [];
    const bytes = this.map.lookup(new Uint8Array(Uint32Array.of(id).buffer));
    if (!bytes) return [];
    const addresses = [...new BigUint64Array(bytes.buffer)];
    const end = addresses.indexOf(0n);
    return end < 0 ? addresses : addresses.slice(0, end);
  }

  /** Put a loaded program into a BPF_PROG_ARRAY. */
  setProgram(index: number, program: number): void {
    this.mustBe([MAP_PROG_ARRAY], 'table of programs');
    this.mustTake(index);
    this.map.update(new Uint8Array(Uint32Array.of(index).buffer), new Uint8Array(Uint32Array.of(program).buffer));
  }

  /** The table as power-of-two histograms, one for each value of the key's other members; keys are bpf_log2l() slots. */
  log2Histogram(options: HistogramTextOptions = {}): string {
    return histogramText(this.buckets(), 'log2', options);
  }

  /** The table as histograms of single values. */
  linearHistogram(options: HistogramTextOptions = {}): string {
    return histogramText(this.buckets(), 'linear', options);
  }

  private buckets() {
    return {
      key: this.keyLayout,
      entries: this.entries() as unknown as [Value, Value][],
      name: this.name,
    };
  }

  private read(remove: boolean): [K, V][] {
    if (!isTable(this.map.type)) throw new SkepError('SKEP_USAGE', `table ${this.name} has no entries to list`);
    const { count, keys, values, stride } = this.map.entries(remove);
    const { keySize } = this.map;
    return Array.from({ length: count }, (_, i) => [
      this.readKey(keys.slice(i * keySize, (i + 1) * keySize)),
      this.merged(values.subarray(i * stride, (i + 1) * stride)),
    ]);
  }

  private readKey(bytes: Uint8Array<ArrayBuffer>): K {
    const key = readValue(this.keyLayout, bytes);
    if (typeof key !== 'object' || key instanceof Uint8Array) return key as K;
    // Frozen: changed, it would still stand for the bytes that were read.
    this.readKeys.set(Object.freeze(key), bytes);
    return key as K;
  }

  private merged(values: Uint8Array): V {
    const { isPerCpu, valueSize } = this.map;
    const one = isPerCpu ? mergeCpus(this.leafLayout, values, ceil8(valueSize)) : values;
    return readValue(this.leafLayout, one) as V;
  }

  /** @throws SkepError SKEP_USAGE when user space cannot write there. */
  private mustTake(key: K | number): void {
    const { type, maxEntries } = this.map;
    if (!isWritable(type)) throw new SkepError('SKEP_USAGE', `table ${this.name} cannot be written from user space`);
    if (isIndexed(type) && !(Number(key) >= 0 && Number(key) < maxEntries)) {
      throw new SkepError('SKEP_USAGE', `table ${this.name} has no index ${key}, but 0 to ${maxEntries - 1}`);
    }
  }

  private keyBytes(key: K): Uint8Array<ArrayBuffer> {
    if (this.map.keySize === 0) throw new SkepError('SKEP_USAGE', `table ${this.name} has no keys`);
    const known = typeof key === 'object' && key !== null ? this.readKeys.get(key) : undefined;
    if (known) return known;
    return bytesOf(this.keyLayout, key as Value, `key of ${this.name}`);
  }

  private valueBytes(value: V): Uint8Array {
    const bytes = bytesOf(this.leafLayout, value as Value, `value of ${this.name}`);
    const whole = new Uint8Array(this.map.stride);
    whole.set(bytes);
    return whole;
  }

  private mustBe(types: readonly number[], what: string): void {
    if (!types.includes(this.map.type)) throw new SkepError('SKEP_USAGE', `table ${this.name} is no ${what}`);
  }
}

function ceil8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
