import type { Budget } from './budget.js';
import { FORM, TAG } from './constants.js';
import type { Cursor } from './cursor.js';
import { DwarfError } from './dwarf-error.js';
import { sizeOf } from './forms.js';
import { SLOT, slotOf } from './slots.js';

/** What is larger is not read: the largest tables of compilers have some thousand entries of a dozen attributes. */
const MAX_ENTRIES = 1 << 16;
const MAX_ATTRIBUTES = 1 << 18;

/** Things without code in them, which are passed over whole where it is said where they end. */
const WITHOUT_CODE: ReadonlySet<number> = new Set([
  TAG.ARRAY_TYPE,
  TAG.CLASS_TYPE,
  TAG.ENUMERATION_TYPE,
  TAG.STRUCTURE_TYPE,
  TAG.SUBROUTINE_TYPE,
  TAG.UNION_TYPE,
  TAG.CALL_SITE,
  TAG.GNU_CALL_SITE,
]);

export const SKIP_BYTES = -1;
export const SKIP_VALUE = -2;

/** How the entries of one kind are laid out. */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /**
   * How to read its attributes, three numbers for each: where it is kept, its form, its implicit value. What is not kept
   * is SKIP_BYTES and how many, or SKIP_VALUE and the form, whose values differ in size.
   */
  readonly reads: readonly number[];
  /** How to pass over all of them: numbers of bytes, and, negative, forms whose values differ in size. */
  readonly skips: readonly number[];
  /** Bytes of an entry where all have as many; undefined where they differ. */
  readonly bytes: number | undefined;
  /** Whether its entries have no code in them and say where the next one begins. */
  readonly isSkipped: boolean;
}

/** The kinds of entries of a unit. */
export class Abbreviations {
  /** Memory they take. */
  readonly bytes: number;
  // Compilers number them from one on.
  private readonly dense: (Abbreviation | undefined)[] = [undefined];
  private readonly others = new Map<number, Abbreviation>();

  /** @throws CutOffError when there is more of it. */
  constructor(cursor: Cursor, budget: Budget) {
    let room = MAX_ATTRIBUTES;
    let count = 0;
    for (let code = cursor.uleb(); code !== 0; code = cursor.uleb()) {
      if (++count > MAX_ENTRIES) throw new DwarfError('there are too many abbreviations');
      const abbreviation = readAbbreviation(cursor, room);
      const cost = abbreviation.reads.length / 3 + 1;
      room -= cost;
      budget.spend(cost);
      if (code === this.dense.length) this.dense.push(abbreviation);
      else if (!this.others.has(code)) this.others.set(code, abbreviation);
    }
    this.bytes = count * 256 + (MAX_ATTRIBUTES - room) * 32;
  }

  /** @throws DwarfError when there is none. */
  of(code: number): Abbreviation {
    const found = code < this.dense.length ? this.dense[code] : this.others.get(code);
    if (found) return found;
    throw new DwarfError(`abbreviation ${code} is not there`);
  }
}

function readAbbreviation(cursor: Cursor, room: number): Abbreviation {
  const tag = cursor.uleb();
  const hasChildren = cursor.u8() !== 0;
  const reads: number[] = [];
  const skips: number[] = [];
  let saysEnd = false;
  for (;;) {
    const attribute = cursor.uleb();
    const form = cursor.uleb();
    if (attribute === 0 && form === 0) break;
    if (reads.length / 3 >= room) throw new DwarfError('abbreviations have too many attributes');
    const implicit = form === FORM.IMPLICIT_CONST ? cursor.sleb() : 0;
    const slot = slotOf(attribute);
    const size = sizeOf(form);
    addSkip(skips, form, size);
    if (slot !== undefined) reads.push(slot, form, implicit);
    else if (size === undefined) reads.push(SKIP_VALUE, form, 0);
    else if (reads.at(-3) === SKIP_BYTES) reads[reads.length - 2]! += size;
    else reads.push(SKIP_BYTES, size, 0);
    saysEnd ||= slot === SLOT.SIBLING;
  }
  const bytes = skips.length === 0 ? 0 : skips.length === 1 && skips[0]! >= 0 ? skips[0] : undefined;
  return { tag, hasChildren, reads, skips, bytes, isSkipped: hasChildren && saysEnd && WITHOUT_CODE.has(tag) };
}

function addSkip(skips: number[], form: number, size: number | undefined): void {
  const last = skips.at(-1);
  if (size === undefined) skips.push(-form);
  else if (last !== undefined && last >= 0) skips[skips.length - 1] = last + size;
  else skips.push(size);
}
