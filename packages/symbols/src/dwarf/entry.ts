import { type Abbreviation, SKIP_BYTES, SKIP_VALUE } from './abbreviations.js';
import { FORM } from './constants.js';
import type { Cursor } from './cursor.js';
import { actualForm, readNumber, skipValue } from './forms.js';
import { SLOTS, type Slot } from './slots.js';

/**
 * The attributes of an entry that names and places of functions are made of. One is used again for each entry: there
 * are hundreds of thousands.
 */
export class Entry {
  private readonly forms = new Uint32Array(SLOTS);
  private readonly values = new Float64Array(SLOTS);

  /** The form of an attribute, which tells what its value is; 0 when the entry has none. */
  form(slot: Slot): number {
    return this.forms[slot]!;
  }

  has(slot: Slot): boolean {
    return this.forms[slot] !== 0;
  }

  /** A number; of a text that stands in the entry its place before the cursor. */
  value(slot: Slot): number {
    return this.values[slot]!;
  }

  /** Reads the attributes; `cursor` stands behind the number of the abbreviation, and then behind the entry. */
  read(cursor: Cursor, { reads }: Abbreviation): void {
    this.forms.fill(0);
    for (let i = 0; i < reads.length; i += 3) {
      const slot = reads[i]!;
      const form = reads[i + 1]!;
      if (slot === SKIP_BYTES) cursor.skip(form);
      else if (slot === SKIP_VALUE) skipValue(cursor, form);
      else this.readValue(cursor, slot, form, reads[i + 2]!);
    }
  }

  private readValue(cursor: Cursor, slot: number, form: number, implicit: number): void {
    const actual = form === FORM.INDIRECT ? actualForm(cursor, form) : form;
    let value: number | undefined = cursor.at;
    if (actual === FORM.STRING) cursor.skipText();
    else value = readNumber(cursor, actual, implicit);
    if (value === undefined) return;
    this.forms[slot] = actual;
    this.values[slot] = value;
  }
}

/** Passes over an entry without reading it. */
export function skipEntry(cursor: Cursor, { skips, bytes }: Abbreviation): void {
  if (bytes !== undefined) {
    cursor.skip(bytes);
    return;
  }
  for (let i = 0; i < skips.length; i++) {
    const skip = skips[i]!;
    if (skip >= 0) cursor.skip(skip);
    else skipValue(cursor, -skip);
  }
}
