import { type ColumnType, SkepError } from '@skep/core';

/** How a C type lies in memory, as libbcc describes it. */
export type Layout = IntegerLayout | BytesLayout | ArrayLayout | RecordLayout;

interface Sized {
  readonly size: number;
  readonly align: number;
}

export interface IntegerLayout extends Sized {
  readonly kind: 'integer';
  readonly type: Exclude<ColumnType, 'bytes'>;
}

/** `char` arrays are text up to a NUL; other bytes are all of them. */
export interface BytesLayout extends Sized {
  readonly kind: 'bytes';
  readonly isText: boolean;
  /** A typedef of skep. */
  readonly meaning?: string;
}

export interface ArrayLayout extends Sized {
  readonly kind: 'array';
  readonly element: Layout;
  readonly length: number;
}

export interface RecordLayout extends Sized {
  readonly kind: 'record';
  readonly name: string;
  readonly members: readonly LayoutMember[];
}

export interface LayoutMember {
  /** '' for an anonymous struct or union: its members are those of the record. */
  readonly name: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  readonly layout: Layout;
  /** Of a bit field. */
  readonly bits?: BitRange;
}

/** Where a bit field lies in its integer. */
export interface BitRange {
  readonly first: number;
  readonly width: number;
}

const INTEGERS: Readonly<Record<string, Exclude<ColumnType, 'bytes'>>> = {
  _Bool: 'bool',
  bool: 'bool',
  char: 'i8',
  'signed char': 'i8',
  s8: 'i8',
  __s8: 'i8',
  int8_t: 'i8',
  'unsigned char': 'u8',
  u8: 'u8',
  __u8: 'u8',
  uint8_t: 'u8',
  short: 'i16',
  s16: 'i16',
  __s16: 'i16',
  int16_t: 'i16',
  'unsigned short': 'u16',
  u16: 'u16',
  __u16: 'u16',
  uint16_t: 'u16',
  int: 'i32',
  s32: 'i32',
  __s32: 'i32',
  int32_t: 'i32',
  'unsigned int': 'u32',
  u32: 'u32',
  __u32: 'u32',
  uint32_t: 'u32',
  pid_t: 'i32',
  uid_t: 'u32',
  long: 'i64',
  'long long': 'i64',
  s64: 'i64',
  __s64: 'i64',
  int64_t: 'i64',
  'unsigned long': 'u64',
  'unsigned long long': 'u64',
  u64: 'u64',
  __u64: 'u64',
  uint64_t: 'u64',
  size_t: 'u64',
  skep_ktime_t: 'u64',
  skep_duration_ns_t: 'u64',
};

/** Bytes of an integer of this type. */
export function integerSize(type: IntegerLayout['type']): number {
  return type === 'bool' ? 1 : Number(type.slice(1)) / 8;
}

/** The layout of a C type by name; undefined when it is no type known here. */
export function namedLayout(name: string): Layout | undefined {
  if (name === 'skep_comm_t') return { kind: 'bytes', size: 16, align: 1, isText: true };
  if (name === 'skep_ip_t') return { kind: 'bytes', size: 16, align: 1, isText: false, meaning: name };
  if (name === 'skep_path_t' || name === 'skep_text_t') return integer('i8');
  if (/^(unsigned )?__int128( unsigned)?$/.test(name)) return { kind: 'bytes', size: 16, align: 16, isText: false };
  const type = /^enum\b/.test(name) ? 'u32' : name.endsWith('*') ? 'u64' : INTEGERS[name];
  return type === undefined ? undefined : integer(type);
}

function integer(type: IntegerLayout['type']): IntegerLayout {
  const size = integerSize(type);
  return { kind: 'integer', type, size, align: size };
}

/** `length` of them in a row: bytes stay one value. */
function arrayOf(element: Layout, length: number, elementName: string): Layout {
  if (element.kind === 'integer' && element.size === 1 && element.type !== 'bool') {
    const isText = /^(char|skep_path_t|skep_text_t)$/.test(elementName);
    return { kind: 'bytes', size: length, align: 1, isText };
  }
  return { kind: 'array', element, length, size: element.size * length, align: element.align };
}

/** Arrays of arrays, the last dimension innermost. */
export function arraysOf(element: Layout, dimensions: readonly number[], elementName: string): Layout {
  return dimensions.reduceRight((inner, length) => arrayOf(inner, length, elementName), element);
}

/**
 * The layout that libbcc describes in JSON: a type's name, or `["name", [member, ...], "struct" | "union" |
 * "struct_packed"]` with members `["name", type]`, `["name", type, [length, ...]]` and `["name", type, bits]`. A struct
 * without bit fields is a `struct_packed` whose members include the padding, whether it is packed or not.
 *
 * @throws SkepError SKEP_SCHEMA when a type is not known here.
 */
export function parseLayout(json: string): Layout {
  return layoutOf(JSON.parse(json));
}

/** The same, of the parsed JSON. */
export function layoutOf(description: unknown): Layout {
  if (typeof description === 'string') {
    const layout = namedLayout(description);
    if (layout) return layout;
    throw new SkepError('SKEP_SCHEMA', `the type "${description}" cannot be read`, 'use integers, arrays and structs');
  }
  const [name, members, kind] = description as [string, unknown[], string];
  return recordOf(name, members as MemberDescription[], kind);
}

type MemberDescription = readonly [name: string, type: unknown, dimensions?: number | string | readonly number[]];

function recordOf(name: string, described: readonly MemberDescription[], kind: string): RecordLayout {
  const isPacked = kind === 'struct_packed';
  const isUnion = kind === 'union';
  const members: LayoutMember[] = [];
  let endBits = 0;
  let align = 1;
  let isNatural = true;
  for (const [member, type, dimensions] of described) {
    // An anonymous member is a record of its own, without a type around it.
    const isAnonymous = typeof dimensions === 'string';
    const single = isAnonymous ? recordOf('', type as MemberDescription[], dimensions) : layoutOf(type);
    if (typeof dimensions === 'number') {
      // A bit field does not cross the borders of its type.
      const unit = single.size * 8;
      if (Math.floor(endBits / unit) !== Math.floor((endBits + dimensions - 1) / unit)) endBits = ceil(endBits, unit);
      const offset = Math.floor(endBits / unit) * single.size;
      members.push({
        name: member,
        offset,
        layout: single,
        bits: { first: endBits - offset * 8, width: dimensions },
      });
      endBits += dimensions;
      align = Math.max(align, single.align);
      continue;
    }
    const typeName = typeof type === 'string' ? type : '';
    const layout = arraysOf(single, isAnonymous ? [] : (dimensions ?? []), typeName);
    const own = isPacked ? 1 : layout.align;
    const offset = isUnion ? 0 : ceil(Math.ceil(endBits / 8), own);
    isNatural &&= offset % layout.align === 0;
    if (!member.startsWith('__pad_')) members.push({ name: member, offset, layout });
    endBits = isUnion ? Math.max(endBits, layout.size * 8) : (offset + layout.size) * 8;
    align = Math.max(align, layout.align);
  }
  const bytes = Math.ceil(endBits / 8);
  if (isPacked && (!isNatural || bytes % align !== 0)) align = 1;
  return { kind: 'record', name, members, size: ceil(bytes, align), align };
}

function ceil(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
