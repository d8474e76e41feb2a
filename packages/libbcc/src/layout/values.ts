import { SkepError } from '@skep/core';
import type { BitRange, Layout, RecordLayout } from './layout.js';

/** A key or leaf: integers of 64 bits are bigint, `char` arrays are text, structs are objects. */
export type Value =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [name: string]: Value };

const utf8 = new TextDecoder();

/** The value that lies at `at`. */
export function readValue(layout: Layout, bytes: Uint8Array, at = 0): Value {
  switch (layout.kind) {
    case 'integer':
      return readInteger(layout.type, viewOf(bytes), at);
    case 'bytes': {
      const raw = bytes.slice(at, at + layout.size);
      if (!layout.isText) return raw;
      const end = raw.indexOf(0);
      return utf8.decode(end < 0 ? raw : raw.subarray(0, end));
    }
    case 'array':
      return Array.from({ length: layout.length }, (_, i) =>
        readValue(layout.element, bytes, at + i * layout.element.size),
      );
    case 'record':
      return Object.fromEntries(memberValues(layout, bytes, at));
  }
}

function memberValues(record: RecordLayout, bytes: Uint8Array, at: number): [string, Value][] {
  return record.members.flatMap(({ name, offset, layout, bits }): [string, Value][] => {
    if (name === '' && layout.kind === 'record') return memberValues(layout, bytes, at + offset);
    if (bits) {
      const isSigned = layout.kind === 'integer' && layout.type.startsWith('i');
      const value = readBits(bytes, at + offset, layout.size, bits, isSigned);
      return [[name, isBool(layout) ? value !== 0n : layout.size > 4 ? value : Number(value)]];
    }
    return [[name, readValue(layout, bytes, at + offset)]];
  });
}

function readInteger(type: string, view: DataView, at: number): number | bigint | boolean {
  switch (type) {
    case 'bool':
      return view.getUint8(at) !== 0;
    case 'u8':
      return view.getUint8(at);
    case 'i8':
      return view.getInt8(at);
    case 'u16':
      return view.getUint16(at, true);
    case 'i16':
      return view.getInt16(at, true);
    case 'u32':
      return view.getUint32(at, true);
    case 'i32':
      return view.getInt32(at, true);
    case 'i64':
      return view.getBigInt64(at, true);
    default:
      return view.getBigUint64(at, true);
  }
}

function isBool(layout: Layout): boolean {
  return layout.kind === 'integer' && layout.type === 'bool';
}

/** The bit field in the integer of `size` bytes at `at`. */
export function readBits(
  bytes: Uint8Array,
  at: number,
  size: number,
  { first, width }: BitRange,
  isSigned: boolean,
): bigint {
  const raw = wordAt(bytes, at, size) >> BigInt(first);
  return isSigned ? BigInt.asIntN(width, raw) : BigInt.asUintN(width, raw);
}

function writeBits(
  bytes: Uint8Array,
  at: number,
  size: number,
  { first, width }: BitRange,
  value: Value,
  what: string,
): void {
  const mask = ((1n << BigInt(width)) - 1n) << BigInt(first);
  const bits = BigInt.asUintN(width, integerIn(width, `${width} bits`, value, what)) << BigInt(first);
  let word = (wordAt(bytes, at, size) & ~mask) | bits;
  for (let i = 0; i < size; i++, word >>= 8n) bytes[at + i] = Number(word & 0xffn);
}

/** The unsigned integer of `size` bytes at `at`; bytes behind the end, where packed bit fields may lie, are 0. */
export function wordAt(bytes: Uint8Array, at: number, size: number): bigint {
  let word = 0n;
  for (let i = size - 1; i >= 0; i--) word = (word << 8n) | BigInt(bytes[at + i] ?? 0);
  return word;
}

/**
 * The bytes of a value.
 *
 * @param what names it in an error
 * @throws SkepError SKEP_USAGE when the value does not fit the layout.
 */
export function bytesOf(layout: Layout, value: Value, what: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.size);
  writeValue(layout, bytes, 0, value, what);
  return bytes;
}

function writeValue(layout: Layout, bytes: Uint8Array, at: number, value: Value, what: string): void {
  switch (layout.kind) {
    case 'integer':
      writeInteger(layout.size, bytes, at, value, what);
      return;
    case 'bytes': {
      const raw = value instanceof Uint8Array ? value : Buffer.from(String(value), 'utf8');
      if (raw.length > layout.size) throw misfit(what, `${raw.length} bytes for ${layout.size}`);
      bytes.set(raw, at);
      return;
    }
    case 'array':
      if (!Array.isArray(value) || value.length > layout.length)
        throw misfit(what, `a list of up to ${layout.length} is wanted`);
      for (const [i, one] of (value as readonly Value[]).entries()) {
        writeValue(layout.element, bytes, at + i * layout.element.size, one, `${what}[${i}]`);
      }
      return;
    case 'record':
      if (typeof value !== 'object' || value === null) throw misfit(what, 'an object is wanted');
      writeMembers(layout, bytes, at, value as Readonly<Record<string, Value>>, what);
  }
}

/** Members that are not given are 0. */
function writeMembers(
  record: RecordLayout,
  bytes: Uint8Array,
  at: number,
  value: Readonly<Record<string, Value>>,
  what: string,
): void {
  const known = namesOf(record);
  const stranger = Object.keys(value).find((name) => !known.includes(name));
  if (stranger !== undefined) throw misfit(what, `it has no member "${stranger}", but ${known.join(', ')}`);
  for (const { name, offset, layout, bits } of record.members) {
    if (name === '' && layout.kind === 'record') {
      const inner = Object.fromEntries(Object.entries(value).filter(([key]) => namesOf(layout).includes(key)));
      // Of an anonymous union only what is given is written: the other members are the same bytes.
      const given = layout.members.filter((member) => member.name in inner);
      writeMembers({ ...layout, members: given }, bytes, at + offset, inner, what);
    } else if (value[name] !== undefined && bits) {
      writeBits(bytes, at + offset, layout.size, bits, value[name], `${what}.${name}`);
    } else if (value[name] !== undefined) {
      writeValue(layout, bytes, at + offset, value[name], `${what}.${name}`);
    }
  }
}

function namesOf(record: RecordLayout): string[] {
  return record.members.flatMap(({ name, layout }) =>
    name === '' && layout.kind === 'record' ? namesOf(layout) : [name],
  );
}

function writeInteger(size: number, bytes: Uint8Array, at: number, value: Value, what: string): void {
  let raw = BigInt.asUintN(size * 8, integerIn(size * 8, `${size} bytes`, value, what));
  for (let i = 0; i < size; i++, raw >>= 8n) bytes[at + i] = Number(raw & 0xffn);
}

/** A number that fits `bits` bits, signed or not. */
function integerIn(bits: number, width: string, value: Value, what: string): bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
    throw misfit(what, 'a number is wanted');
  }
  if (typeof value === 'number' && !Number.isInteger(value)) throw misfit(what, `${value} is no integer`);
  const exact = BigInt(value);
  if (exact >= 1n << BigInt(bits) || exact < -(1n << BigInt(bits - 1))) {
    throw misfit(what, `${exact} does not fit ${width}`);
  }
  return exact;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function misfit(what: string, why: string): SkepError {
  return new SkepError('SKEP_USAGE', `${what}: ${why}`);
}
