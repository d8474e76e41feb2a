import { SkepError } from '@skep/core';
import { type BtfType, readHeader, readTypeAt, type TypeLookup } from './btf.js';

/** A kernel's types by id and by name. */
export interface TypeTable {
  readonly type: TypeLookup;
  /** Ids of the types with this name, of every kind. */
  readonly named: (name: string) => readonly number[];
}

/** Words behind the common three, by kind: once, and for each of its members. */
export const BODY_ONCE = Uint8Array.of(0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0);
export const BODY_EACH = Uint8Array.of(0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3);

/**
 * BTF of which each type is built when it is asked for: a kernel has over 100,000, a tool names a hundred.
 *
 * BTF of a module continues the ids and strings of the kernel's own, which is its `base`.
 */
export class LazyBtf implements TypeTable {
  /** One more than the highest id. */
  readonly end: number;
  /** The lowest id that is not of the base. */
  readonly first: number;
  private readonly base: LazyBtf | undefined;
  private readonly header: ReturnType<typeof readHeader>;
  private readonly firstString: number;
  /** Of each type where its record begins, in bytes. */
  private readonly places: Uint32Array;
  private readonly built = new Map<number, BtfType>();
  private names: Map<number, number[]> | undefined;

  /** @throws SkepError SKEP_SCHEMA when the bytes are not BTF, or hold a kind this code does not know. */
  constructor(bytes: Uint8Array, base?: LazyBtf) {
    this.base = base;
    this.header = readHeader(bytes);
    this.first = base ? base.end : 1;
    this.firstString = base ? base.firstString + base.header.strings.length : 0;
    const { u32, typesAt, typesEnd } = this.header;
    const places = new Uint32Array((typesEnd - typesAt) / 12 + 1);
    let count = 0;
    for (let at = typesAt; at < typesEnd; count++) {
      const info = u32(at + 4);
      const kind = (info >>> 24) & 0x1f;
      if (kind === 0 || kind >= BODY_ONCE.length) {
        throw new SkepError('SKEP_SCHEMA', `BTF kind ${kind} is newer than this version of skep`, 'update skep');
      }
      places[count] = at;
      at += 12 + 4 * (BODY_ONCE[kind]! + BODY_EACH[kind]! * (info & 0xffff));
    }
    this.places = places.subarray(0, count);
    this.end = this.first + count;
  }

  readonly type = (id: number): BtfType | undefined => {
    if (id < this.first) return id === 0 ? { kind: 'void' } : this.base?.type(id);
    if (id >= this.end) return undefined;
    let type = this.built.get(id);
    if (!type) {
      ({ type } = readTypeAt(this.header.u32, this.text, this.places[id - this.first]!));
      this.built.set(id, type);
    }
    return type;
  };

  readonly named = (name: string): readonly number[] => {
    const at = this.offsetOf(name);
    if (at === undefined) return [];
    this.names ??= this.indexNames();
    return this.names.get(at) ?? [];
  };

  private readonly text = (offset: number): string =>
    offset < this.firstString ? this.base!.text(offset) : this.header.text(offset - this.firstString);

  /** Where the string stands, the base's strings first: modules share them. */
  private offsetOf(name: string): number | undefined {
    const inBase = this.base?.offsetOf(name);
    if (inBase !== undefined) return inBase;
    const { strings } = this.header;
    const bytes = Buffer.from(strings.buffer, strings.byteOffset, strings.length);
    if (this.firstString > 0 && bytes.indexOf(`${name}\0`) === 0) return this.firstString;
    const at = bytes.indexOf(`\0${name}\0`);
    return at < 0 ? undefined : this.firstString + at + 1;
  }

  private indexNames(): Map<number, number[]> {
    const names = new Map<number, number[]>();
    for (const [i, place] of this.places.entries()) {
      const name = this.header.u32(place);
      const ids = names.get(name);
      if (ids) ids.push(this.first + i);
      else names.set(name, [this.first + i]);
    }
    return names;
  }
}
