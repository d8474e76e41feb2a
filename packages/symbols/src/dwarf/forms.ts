import { FORM } from './constants.js';
import type { Cursor } from './cursor.js';
import { DwarfError } from './dwarf-error.js';

/** Bytes of the forms that are as long in every unit: addresses have eight bytes here, and offsets four. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [FORM.ADDR, 8],
  [FORM.DATA1, 1],
  [FORM.DATA2, 2],
  [FORM.DATA4, 4],
  [FORM.DATA8, 8],
  [FORM.DATA16, 16],
  [FORM.FLAG, 1],
  [FORM.FLAG_PRESENT, 0],
  [FORM.IMPLICIT_CONST, 0],
  [FORM.STRP, 4],
  [FORM.LINE_STRP, 4],
  [FORM.STRP_SUP, 4],
  [FORM.GNU_STRP_ALT, 4],
  [FORM.REF_ADDR, 4],
  [FORM.REF1, 1],
  [FORM.REF2, 2],
  [FORM.REF4, 4],
  [FORM.REF8, 8],
  [FORM.REF_SIG8, 8],
  [FORM.REF_SUP4, 4],
  [FORM.REF_SUP8, 8],
  [FORM.GNU_REF_ALT, 4],
  [FORM.SEC_OFFSET, 4],
  [FORM.STRX1, 1],
  [FORM.STRX2, 2],
  [FORM.STRX3, 3],
  [FORM.STRX4, 4],
  [FORM.ADDRX1, 1],
  [FORM.ADDRX2, 2],
  [FORM.ADDRX3, 3],
  [FORM.ADDRX4, 4],
]);

/** Bytes of a value in this form; undefined when they differ from value to value. */
export function sizeOf(form: number): number | undefined {
  return SIZES.get(form);
}

/** Passes over a value whose size differs. @throws DwarfError for a form that is not known. */
export function skipValue(cursor: Cursor, form: number): void {
  switch (form) {
    case FORM.STRING:
      cursor.skipText();
      return;
    case FORM.SDATA:
    case FORM.UDATA:
    case FORM.REF_UDATA:
    case FORM.STRX:
    case FORM.ADDRX:
    case FORM.LOCLISTX:
    case FORM.RNGLISTX:
    case FORM.GNU_ADDR_INDEX:
    case FORM.GNU_STR_INDEX:
      cursor.uleb();
      return;
    case FORM.EXPRLOC:
    case FORM.BLOCK:
      cursor.skip(cursor.uleb());
      return;
    case FORM.BLOCK1:
      cursor.skip(cursor.u8());
      return;
    case FORM.BLOCK2:
      cursor.skip(cursor.u16());
      return;
    case FORM.BLOCK4:
      cursor.skip(cursor.u32());
      return;
    default: {
      const actual = actualForm(cursor, form);
      const size = sizeOf(actual);
      if (size === undefined) skipValue(cursor, actual);
      else cursor.skip(size);
    }
  }
}

/** The form itself, or the one that stands before the value. */
export function actualForm(cursor: Cursor, form: number): number {
  if (form !== FORM.INDIRECT) {
    if (SIZES.has(form)) return form;
    throw new DwarfError(`form ${form} is not known`);
  }
  const actual = cursor.uleb();
  // Another one would be read without end; what stands in the abbreviation does not stand here.
  if (actual === FORM.INDIRECT || actual === FORM.IMPLICIT_CONST) throw new DwarfError('a form is indirect twice');
  return actual;
}

/**
 * A number: a constant, an address, or an index, offset or reference as it stands there, of which the form tells what
 * it is. Undefined for what is no number: blocks, texts.
 */
export function readNumber(cursor: Cursor, form: number, implicit: number): number | undefined {
  switch (form) {
    case FORM.IMPLICIT_CONST:
      return implicit;
    case FORM.FLAG_PRESENT:
      return 1;
    case FORM.DATA1:
    case FORM.FLAG:
    case FORM.REF1:
    case FORM.STRX1:
    case FORM.ADDRX1:
      return cursor.u8();
    case FORM.DATA2:
    case FORM.REF2:
    case FORM.STRX2:
    case FORM.ADDRX2:
      return cursor.u16();
    case FORM.STRX3:
    case FORM.ADDRX3:
      return cursor.u24();
    case FORM.DATA4:
    case FORM.REF4:
    case FORM.REF_ADDR:
    case FORM.SEC_OFFSET:
    case FORM.STRP:
    case FORM.LINE_STRP:
    case FORM.STRX4:
    case FORM.ADDRX4:
      return cursor.u32();
    case FORM.ADDR:
    case FORM.DATA8:
    case FORM.REF8:
      return cursor.u64();
    case FORM.UDATA:
    case FORM.REF_UDATA:
    case FORM.STRX:
    case FORM.ADDRX:
    case FORM.RNGLISTX:
    case FORM.GNU_ADDR_INDEX:
    case FORM.GNU_STR_INDEX:
      return cursor.uleb();
    case FORM.SDATA:
      return cursor.sleb();
    default: {
      const size = sizeOf(form);
      if (size === undefined) skipValue(cursor, form);
      else cursor.skip(size);
      return undefined;
    }
  }
}
