import { SkepError } from '@skep/core';
import { cString } from './elf.js';

export interface BtfMember {
  readonly name: string;
  readonly type: number;
  readonly offsetBits: number;
  /** Width of a bit field, else 0. */
  readonly bits: number;
}

/** A type of BTF, by kind. Ids are indexes into `Btf.types`; 0 is `void`. */
export type BtfType =
  | { readonly kind: 'void' }
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly bool: boolean;
    }
  | { readonly kind: 'ptr' | 'volatile' | 'const' | 'restrict'; readonly type: number }
  | { readonly kind: 'typedef' | 'type_tag'; readonly name: string; readonly type: number }
  | { readonly kind: 'array'; readonly type: number; readonly count: number }
  | {
      readonly kind: 'struct' | 'union';
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly (readonly [string, number])[];
    }
  | { readonly kind: 'fwd'; readonly name: string }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | { readonly kind: 'func'; readonly name: string; readonly type: number }
  | { readonly kind: 'func_proto'; readonly returns: number; readonly params: readonly number[] }
  | { readonly kind: 'var'; readonly name: string; readonly type: number }
  | {
      readonly kind: 'datasec';
      readonly name: string;
      readonly vars: readonly { readonly type: number; readonly size: number }[];
    }
  | { readonly kind: 'decl_tag'; readonly name: string; readonly type: number; readonly component: number };

export interface Btf {
  readonly types: readonly BtfType[];
}

/** The type of an id; undefined when there is none. */
export type TypeLookup = (id: number) => BtfType | undefined;

/**
 * Parse the bytes of a `.BTF` section or of /sys/kernel/btf/vmlinux.
 *
 * @throws SkepError SKEP_SCHEMA when they are not BTF, or hold a kind this code does not know.
 * @see https://docs.kernel.org/bpf/btf.html
 */
export function parseBtf(bytes: Uint8Array): Btf {
  const { text, u32, typesAt, typesEnd } = readHeader(bytes);
  const types: BtfType[] = [{ kind: 'void' }];
  let at = typesAt;
  while (at < typesEnd) {
    const { type, size } = readTypeAt(u32, text, at);
    types.push(type);
    at += size;
  }
  return { types };
}

/**
 * Where things are in the bytes of BTF.
 *
 * @throws SkepError SKEP_SCHEMA when they are not BTF.
 */
export function readHeader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint16(0, true) !== 0xeb9f) throw new SkepError('SKEP_SCHEMA', 'not BTF');
  const header = view.getUint32(4, true);
  const typesAt = header + view.getUint32(8, true);
  const stringsAt = header + view.getUint32(16, true);
  const strings = bytes.subarray(stringsAt, stringsAt + view.getUint32(20, true));
  return {
    typesAt,
    typesEnd: typesAt + view.getUint32(12, true),
    strings,
    text: (offset: number) => cString(strings, offset),
    u32: (at: number) => view.getUint32(at, true),
  };
}

/** The type whose record begins at `at`, and the bytes that the record takes. */
export function readTypeAt(
  u32: (at: number) => number,
  text: (offset: number) => string,
  at: number,
): { readonly type: BtfType; readonly size: number } {
  const info = u32(at + 4);
  const [type, size] = readType({
    name: () => text(u32(at)),
    text,
    u32,
    kind: (info >>> 24) & 0x1f,
    flag: info >>> 31 === 1,
    count: info & 0xffff,
    sizeOrType: u32(at + 8),
    body: at + 12,
  });
  return { type, size: 12 + size };
}

interface Entry {
  readonly name: () => string;
  readonly text: (offset: number) => string;
  readonly u32: (at: number) => number;
  readonly kind: number;
  readonly flag: boolean;
  readonly count: number;
  readonly sizeOrType: number;
  readonly body: number;
}

/** The type, and how many bytes follow its common 12. */
function readType(entry: Entry): [BtfType, number] {
  const { name, text, u32, kind, flag, count, sizeOrType, body } = entry;
  const items = <T>(bytes: number, read: (at: number) => T): [readonly T[], number] => [
    Array.from({ length: count }, (_, i) => read(body + i * bytes)),
    count * bytes,
  ];
  switch (kind) {
    case 1: {
      const encoding = u32(body) >>> 24;
      return [
        { kind: 'int', name: name(), size: sizeOrType, signed: (encoding & 1) !== 0, bool: (encoding & 4) !== 0 },
        4,
      ];
    }
    case 2:
      return [{ kind: 'ptr', type: sizeOrType }, 0];
    case 3:
      return [{ kind: 'array', type: u32(body), count: u32(body + 8) }, 12];
    case 4:
    case 5: {
      const [members, size] = items(12, (at) => ({
        name: text(u32(at)),
        type: u32(at + 4),
        offsetBits: flag ? u32(at + 8) & 0xffffff : u32(at + 8),
        bits: flag ? u32(at + 8) >>> 24 : 0,
      }));
      return [{ kind: kind === 4 ? 'struct' : 'union', name: name(), size: sizeOrType, members }, size];
    }
    case 6: {
      const [values, size] = items(8, (at) => [text(u32(at)), flag ? u32(at + 4) | 0 : u32(at + 4)] as const);
      return [{ kind: 'enum', name: name(), size: sizeOrType, signed: flag, values }, size];
    }
    case 7:
      return [{ kind: 'fwd', name: name() }, 0];
    case 8:
      return [{ kind: 'typedef', name: name(), type: sizeOrType }, 0];
    case 9:
      return [{ kind: 'volatile', type: sizeOrType }, 0];
    case 10:
      return [{ kind: 'const', type: sizeOrType }, 0];
    case 11:
      return [{ kind: 'restrict', type: sizeOrType }, 0];
    case 12:
      return [{ kind: 'func', name: name(), type: sizeOrType }, 0];
    case 13: {
      const [params, size] = items(8, (at) => u32(at + 4));
      return [{ kind: 'func_proto', returns: sizeOrType, params }, size];
    }
    case 14:
      return [{ kind: 'var', name: name(), type: sizeOrType }, 4];
    case 15: {
      const [vars, size] = items(12, (at) => ({ type: u32(at), size: u32(at + 8) }));
      return [{ kind: 'datasec', name: name(), vars }, size];
    }
    case 16:
      return [{ kind: 'float', name: name(), size: sizeOrType }, 0];
    case 17:
      return [{ kind: 'decl_tag', name: name(), type: sizeOrType, component: u32(body) | 0 }, 4];
    case 18:
      return [{ kind: 'type_tag', name: name(), type: sizeOrType }, 0];
    case 19: {
      const [values, size] = items(12, (at) => [text(u32(at)), u32(at + 4) + u32(at + 8) * 2 ** 32] as const);
      return [{ kind: 'enum', name: name(), size: sizeOrType, signed: flag, values }, size];
    }
    default:
      throw new SkepError('SKEP_SCHEMA', `BTF kind ${kind} is newer than this version of skep`, 'update skep');
  }
}

export interface Resolved {
  readonly id: number;
  readonly type: BtfType;
  /** The first typedef met on the way. */
  readonly typedef: string | undefined;
}

/** The type under `id` without const, volatile, restrict and tags, and the first typedef met on the way. */
export function resolve(btf: Btf, id: number): Resolved {
  return resolveIn((one) => btf.types[one], id);
}

export function resolveIn(typeOf: TypeLookup, id: number): Resolved {
  let typedef: string | undefined;
  for (let hops = 0; hops < 64; hops++) {
    const type = typeOf(id);
    if (!type) break;
    switch (type.kind) {
      case 'typedef':
        typedef ??= type.name;
        id = type.type;
        break;
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        id = type.type;
        break;
      default:
        return { id, type, typedef };
    }
  }
  throw new SkepError('SKEP_SCHEMA', `BTF type ${id} does not resolve`);
}

/** Bytes that a value of the type takes. */
export function sizeOf(btf: Btf, id: number): number {
  return sizeIn((one) => btf.types[one], id);
}

export function sizeIn(typeOf: TypeLookup, id: number): number {
  const { type } = resolveIn(typeOf, id);
  switch (type.kind) {
    case 'int':
    case 'enum':
    case 'struct':
    case 'union':
    case 'float':
      return type.size;
    case 'ptr':
      return 8;
    case 'array':
      return type.count * sizeIn(typeOf, type.type);
    default:
      return 0;
  }
}
