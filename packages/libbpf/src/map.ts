import { SkepError } from '@skep/core';
import { describeErrno, E2BIG, EINVAL, ENOENT, ENOSPC, EPERM } from './errno.js';
import { libbpf, type Pointer } from './native/libbpf.js';
import { libc } from './native/libc.js';

/** Values of `enum bpf_map_type` that behave differently here. */
export const MAP_HASH = 1;
export const MAP_ARRAY = 2;
export const MAP_PERCPU_HASH = 5;
export const MAP_PERCPU_ARRAY = 6;
export const MAP_LRU_PERCPU_HASH = 10;

/** What came out of a map: keys and values one behind the other, per-CPU values as one block per key. */
export interface Entries {
  readonly count: number;
  readonly keys: Uint8Array<ArrayBuffer>;
  readonly values: Uint8Array<ArrayBuffer>;
  /** Bytes from one key's values to the next: value size, rounded up and times CPUs for per-CPU maps. */
  readonly stride: number;
}

/** ENOTSUPP of the kernel: this kind of map is not read in batches. */
const ENOTSUPP = 524;

/** A map of the kernel, whoever made it: what can be done through its file descriptor. */
export abstract class KernelMap {
  abstract readonly name: string;
  abstract readonly fd: number;
  /** `enum bpf_map_type` */
  abstract readonly type: number;
  abstract readonly keySize: number;
  /** Of one CPU's value. */
  abstract readonly valueSize: number;
  abstract readonly maxEntries: number;

  /** Values have one part per possible CPU. */
  get isPerCpu(): boolean {
    return [MAP_PERCPU_HASH, MAP_PERCPU_ARRAY, MAP_LRU_PERCPU_HASH].includes(this.type);
  }
  get isArray(): boolean {
    return this.type === MAP_ARRAY || this.type === MAP_PERCPU_ARRAY;
  }

  /** Bytes of the values of one key. */
  get stride(): number {
    const cpus = this.isPerCpu ? libbpf().libbpf_num_possible_cpus() : 1;
    return this.isPerCpu ? Math.ceil(this.valueSize / 8) * 8 * cpus : this.valueSize;
  }

  /** Whether this process may read it; an empty map may be read. */
  get isReadable(): boolean {
    return libbpf().bpf_map_get_next_key(this.fd, null, new Uint8Array(this.keySize)) !== -EPERM;
  }

  /** Read every entry; with `remove`, empty the map while reading (hash maps), or zero it (arrays). */
  entries(remove: boolean): Entries {
    return this.isArray ? this.arrayEntries(remove) : this.hashEntries(remove);
  }

  /** In batches, one system call for many entries (Linux 5.6). */
  private hashEntries(remove: boolean): Entries {
    const { keySize, stride, maxEntries, fd } = this;
    const read = remove ? libbpf().bpf_map_lookup_and_delete_batch : libbpf().bpf_map_lookup_batch;
    let keys = new Uint8Array(0);
    let values = new Uint8Array(0);
    let count = 0;
    let from: Uint8Array | null = null;
    // A batch must be able to hold a whole bucket of the hash, or the kernel answers ENOSPC.
    let room = Math.min(maxEntries, 1024);
    for (;;) {
      const to = new Uint8Array(Math.max(4, keySize));
      const batchKeys = new Uint8Array(room * keySize);
      const batchValues = new Uint8Array(room * stride);
      const got = [room];
      const result = read(fd, from, to, batchKeys, batchValues, got, null);
      if (result === -ENOSPC) {
        room *= 2;
        continue;
      }
      if (count === 0 && (result === -ENOTSUPP || result === -EINVAL)) return this.entriesByKey(remove);
      if (result < 0 && result !== -ENOENT) {
        throw new SkepError('SKEP_ATTACH', `reading map ${this.name}: ${describeErrno(result)}`);
      }
      const n = Number(got[0]);
      keys = concat(keys, batchKeys.subarray(0, n * keySize));
      values = concat(values, batchValues.subarray(0, n * stride));
      count += n;
      if (result === -ENOENT) return { count, keys, values, stride };
      from = to;
    }
  }

  /** For kinds of maps that have no batches, such as tries and stacks. At most `maxEntries`, whatever changes meanwhile. */
  private entriesByKey(remove: boolean): Entries {
    const { keySize, stride, maxEntries, fd } = this;
    const keys: Uint8Array[] = [];
    const values: Uint8Array[] = [];
    for (let key: Uint8Array | null = null; keys.length < maxEntries; ) {
      const next = new Uint8Array(keySize);
      if (libbpf().bpf_map_get_next_key(fd, key, next) < 0) break;
      const value = this.lookup(next);
      // The next key is asked for before this one is gone: after a deletion the walk would start anew.
      if (value) {
        keys.push(next);
        values.push(value);
      }
      key = next;
    }
    if (remove) for (const key of keys) this.delete(key);
    const both = { keys: Buffer.concat(keys), values: Buffer.concat(values) };
    return { count: keys.length, keys: Uint8Array.from(both.keys), values: Uint8Array.from(both.values), stride };
  }

  /** Key by key: per-CPU arrays have no batches before 5.13, and arrays here are small. */
  private arrayEntries(remove: boolean): Entries {
    const { stride, maxEntries, fd } = this;
    const keys = new Uint8Array(maxEntries * 4);
    const values = new Uint8Array(maxEntries * stride);
    new Uint32Array(keys.buffer).forEach((_, i, all) => {
      all[i] = i;
    });
    const zero = new Uint8Array(stride);
    for (let i = 0; i < maxEntries; i++) {
      const key = keys.subarray(i * 4, i * 4 + 4);
      libbpf().bpf_map_lookup_elem(fd, key, values.subarray(i * stride, (i + 1) * stride));
      if (remove) libbpf().bpf_map_update_elem(fd, key, zero, 0);
    }
    return { count: maxEntries, keys, values, stride };
  }

  lookup(key: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const value = new Uint8Array(this.stride);
    return libbpf().bpf_map_lookup_elem(this.fd, key, value) < 0 ? undefined : value;
  }

  update(key: Uint8Array, value: Uint8Array): void {
    const result = libbpf().bpf_map_update_elem(this.fd, key, value, 0);
    if (result < 0) throw this.writeError(result);
  }

  /**
   * Write many entries, one system call for all of them (Linux 5.6); one by one where this kind of map has no batches.
   *
   * @param values as many as keys, `stride` bytes apart
   */
  updateAll(keys: Uint8Array, values: Uint8Array): void {
    const total = keys.length / this.keySize;
    if (total === 0) return;
    const result = libbpf().bpf_map_update_batch(this.fd, keys, values, [total], null);
    if (result >= 0) return;
    if (result !== -ENOTSUPP && result !== -EINVAL) throw this.writeError(result);
    const { keySize, stride } = this;
    for (let i = 0; i < total; i++) {
      this.update(keys.subarray(i * keySize, (i + 1) * keySize), values.subarray(i * stride, (i + 1) * stride));
    }
  }

  /** False when there was no such key. */
  delete(key: Uint8Array): boolean {
    const result = libbpf().bpf_map_delete_elem(this.fd, key);
    if (result < 0 && result !== -ENOENT) throw this.writeError(result);
    return result >= 0;
  }

  /** Take the next value out of a queue or stack. */
  pop(): Uint8Array<ArrayBuffer> | undefined {
    const value = new Uint8Array(this.valueSize);
    return libbpf().bpf_map_lookup_and_delete_elem(this.fd, null, value) < 0 ? undefined : value;
  }

  private writeError(result: number): SkepError {
    if (result === -E2BIG) {
      return new SkepError('SKEP_ATTACH', `map ${this.name} is full: it has room for ${this.maxEntries} entries`);
    }
    return new SkepError('SKEP_ATTACH', `writing map ${this.name}: ${describeErrno(result)}`);
  }
}

/** A map of a loaded (or opened) object. */
export class BpfMap extends KernelMap {
  override readonly name: string;
  private readonly pointer: Pointer;

  constructor(name: string, pointer: Pointer) {
    super();
    this.name = name;
    this.pointer = pointer;
  }

  override get fd(): number {
    return libbpf().bpf_map__fd(this.pointer);
  }
  override get type(): number {
    return libbpf().bpf_map__type(this.pointer);
  }
  override get keySize(): number {
    return libbpf().bpf_map__key_size(this.pointer);
  }
  override get valueSize(): number {
    return libbpf().bpf_map__value_size(this.pointer);
  }
  override get maxEntries(): number {
    return libbpf().bpf_map__max_entries(this.pointer);
  }

  /** Before load. For a ring: bytes, a power of two and a multiple of the page. */
  setMaxEntries(entries: number): void {
    const result = libbpf().bpf_map__set_max_entries(this.pointer, entries);
    if (result < 0) throw new SkepError('SKEP_PLUGIN', `map ${this.name}: ${describeErrno(result)}`);
  }

  /**
   * Before load: use the map pinned at `path` in place of this one.
   *
   * @throws SkepError SKEP_OPTION when there is none, or it does not have the right key and value size.
   */
  usePinned(path: string): void {
    const fd = libbpf().bpf_obj_get(path);
    if (fd < 0) {
      throw new SkepError(
        'SKEP_OPTION',
        `no pinned map at ${path}: ${describeErrno(fd)}`,
        'pin a BPF hash there first',
      );
    }
    const [key, value] = [this.keySize, this.valueSize];
    // libbpf keeps a duplicate.
    const result = libbpf().bpf_map__reuse_fd(this.pointer, fd);
    libc().close(fd);
    if (result < 0) throw new SkepError('SKEP_OPTION', `${path} cannot be used as a map: ${describeErrno(result)}`);
    if (this.keySize !== key || this.type !== 1) {
      const remedy = `it must be a hash with ${key}-byte keys and ${value}-byte values`;
      throw new SkepError('SKEP_OPTION', `the map at ${path} is of another kind`, remedy);
    }
  }
}

/** A map known by its file descriptor, made by somebody else; `close()` gives the descriptor back. */
export class MapOfFd extends KernelMap {
  override readonly name: string;
  override readonly fd: number;
  override readonly type: number;
  override readonly keySize: number;
  override readonly valueSize: number;
  override readonly maxEntries: number;
  private closed = false;

  constructor(map: Pick<KernelMap, 'name' | 'fd' | 'type' | 'keySize' | 'valueSize' | 'maxEntries'>) {
    super();
    this.name = map.name;
    this.fd = map.fd;
    this.type = map.type;
    this.keySize = map.keySize;
    this.valueSize = map.valueSize;
    this.maxEntries = map.maxEntries;
  }

  close(): void {
    if (!this.closed) libc().close(this.fd);
    this.closed = true;
  }
}

function concat(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (a.length === 0) return b.slice();
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
