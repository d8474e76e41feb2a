import type { Abbreviation } from './abbreviations.js';
import { AT, FORM } from './constants.js';
import type { Cursor } from './cursor.js';
import { actualForm, readNumber, sizeOf, skipValue } from './forms.js';

/** A number of an attribute, and the form that tells what it is; form 0 when the attribute is not there. */
export interface Value {
  form: number;
  value: number;
}

/** A text that stands in the entry itself: its place. Else as the form says. */
const TEXT_FORMS: ReadonlySet<number> = new Set([FORM.STRING]);

/** The attributes of an entry that names and places of functions are made of; used again for each entry. */
export class Entry {
  readonly lowPc: Value = { form: 0, value: 0 };
  readonly highPc: Value = { form: 0, value: 0 };
  readonly ranges: Value = { form: 0, value: 0 };
  readonly origin: Value = { form: 0, value: 0 };
  readonly specification: Value = { form: 0, value: 0 };
  readonly sibling: Value = { form: 0, value: 0 };
  readonly linkageName: Value = { form: 0, value: 0 };
  readonly plainName: Value = { form: 0, value: 0 };
  readonly addrBase: Value = { form: 0, value: 0 };
  readonly strOffsetsBase: Value = { form: 0, value: 0 };
  readonly rnglistsBase: Value = { form: 0, value: 0 };
  private readonly all: readonly Value[] = [
    this.lowPc,
    this.highPc,
    this.ranges,
    this.origin,
    this.specification,
    this.sibling,
    this.linkageName,
    this.plainName,
    this.addrBase,
    this.strOffsetsBase,
    this.rnglistsBase,
  ];

  /** Reads the attributes; `cursor` stands behind the number of the abbreviation, and then behind the entry. */
  read(cursor: Cursor, { attributes }: Abbreviation): void {
    for (const one of this.all) one.form = 0;
    for (let i = 0; i < attributes.length; i += 3) {
      const into = this.of(attributes[i]!);
      let form = attributes[i + 1]!;
      if (form === FORM.INDIRECT) form = actualForm(cursor, form);
      if (!into) skip(cursor, form);
      else if (TEXT_FORMS.has(form)) {
        into.form = form;
        into.value = cursor.at;
        cursor.skipText();
      } else {
        const value = readNumber(cursor, form, attributes[i + 2]!);
        if (value === undefined) continue;
        into.form = form;
        into.value = value;
      }
    }
  }

  private of(attribute: number): Value | undefined {
    switch (attribute) {
      case AT.LOW_PC:
        return this.lowPc;
      case AT.HIGH_PC:
        return this.highPc;
      case AT.RANGES:
        return this.ranges;
      case AT.ABSTRACT_ORIGIN:
        return this.origin;
      case AT.SPECIFICATION:
        return this.specification;
      case AT.SIBLING:
        return this.sibling;
      case AT.LINKAGE_NAME:
      case AT.MIPS_LINKAGE_NAME:
        return this.linkageName;
      case AT.NAME:
        return this.plainName;
      case AT.ADDR_BASE:
        return this.addrBase;
      case AT.STR_OFFSETS_BASE:
        return this.strOffsetsBase;
      case AT.RNGLISTS_BASE:
        return this.rnglistsBase;
      default:
        return undefined;
    }
  }
}

/** Passes over an entry without reading it. */
export function skipEntry(cursor: Cursor, { skips }: Abbreviation): void {
  for (const skip of skips) {
    if (skip >= 0) cursor.skip(skip);
    else skipValue(cursor, -skip);
  }
}

function skip(cursor: Cursor, form: number): void {
  const size = sizeOf(form);
  if (size === undefined) skipValue(cursor, form);
  else cursor.skip(size);
}
