import { UNIT } from './constants.js';
import type { Cursor } from './cursor.js';
import { DwarfError } from './dwarf-error.js';

/** The bytes of the longest header that is read. */
export const MAX_UNIT_HEADER = 24;

const ADDRESS_BYTES = 8;
/** Lengths from here on are no lengths; the last one of them says that a longer length follows. */
const FIRST_RESERVED = 0xfffffff0;
const IS_64_BIT = 0xffffffff;

/** What stands before the entries of a unit. Places are in .debug_info. */
export interface UnitHeader {
  readonly start: number;
  /** Where the next one begins. */
  readonly end: number;
  /** Of the first entry. */
  readonly entries: number;
  /** 4 or 5; 0 for what is not read: other versions, 64-bit offsets, addresses of other sizes. */
  readonly version: number;
  /** One of UNIT. */
  readonly type: number;
  /** In .debug_abbrev. */
  readonly abbreviations: number;
}

/** Reads the header of the unit at `start`, where `cursor` stands. */
export function readUnitHeader(cursor: Cursor, start: number): UnitHeader {
  const from = cursor.at;
  const length = cursor.u32();
  if (length === IS_64_BIT) {
    const end = start + 12 + cursor.u64();
    return { start, end, entries: end, version: 0, type: 0, abbreviations: 0 };
  }
  if (length >= FIRST_RESERVED) throw new DwarfError('a unit has no length');
  const end = start + 4 + length;
  const version = cursor.u16();
  const isNew = version === 5;
  const type = isNew ? cursor.u8() : UNIT.COMPILE;
  let addressBytes = isNew ? cursor.u8() : 0;
  const abbreviations = cursor.u32();
  if (!isNew) addressBytes = cursor.u8();
  if (type === UNIT.SKELETON || type === UNIT.SPLIT_COMPILE) cursor.skip(8);
  if (type === UNIT.TYPE || type === UNIT.SPLIT_TYPE) cursor.skip(12);
  const isKnown = (version === 4 || isNew) && addressBytes === ADDRESS_BYTES;
  return { start, end, entries: start + cursor.at - from, version: isKnown ? version : 0, type, abbreviations };
}
