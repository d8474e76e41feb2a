import type { Abbreviations } from './abbreviations.js';
import { FORM } from './constants.js';
import type { DebugSections } from './debug-sections.js';
import { DwarfError } from './dwarf-error.js';
import { Entry } from './entry.js';
import { SLOT, type Slot } from './slots.js';
import type { UnitHeader } from './unit-header.js';

const TABLE_HEADER = 8;
const OFFSET_BYTES = 4;
const ADDRESS_BYTES = 8;

/** A unit, and what the numbers in it refer to. */
export class Unit {
  readonly header: UnitHeader;
  readonly sections: DebugSections;
  readonly abbreviations: Abbreviations;
  /** The first entry: of the unit itself. */
  readonly root = new Entry();
  /** What offsets in lists of ranges are added to. */
  readonly base: number;

  /** @throws DwarfError when it cannot be read. */
  constructor(header: UnitHeader, sections: DebugSections, abbreviations: Abbreviations) {
    if (header.version === 0) throw new DwarfError('a unit of another version');
    this.header = header;
    this.sections = sections;
    this.abbreviations = abbreviations;
    const { entries, end } = header;
    sections.get('info').readFrom(entries, end, (cursor) => {
      this.root.read(cursor, this.abbreviations.of(cursor.uleb()));
    });
    this.base = this.root.has(SLOT.LOW_PC) ? this.address(this.root, SLOT.LOW_PC) : 0;
  }

  /** An address of the program. */
  address(entry: Entry, slot: Slot): number {
    const value = entry.value(slot);
    return isAddressIndex(entry.form(slot)) ? this.indexedAddress(value) : value;
  }

  /** Entry `index` of the unit's addresses. */
  indexedAddress(index: number): number {
    const base = this.root.has(SLOT.ADDR_BASE) ? this.root.value(SLOT.ADDR_BASE) : TABLE_HEADER;
    return this.sections.get('addr').u64(base + index * ADDRESS_BYTES);
  }

  /** Where in its section a list of ranges begins. */
  rangesAt(entry: Entry): number {
    const value = entry.value(SLOT.RANGES);
    if (entry.form(SLOT.RANGES) !== FORM.RNGLISTX) return value;
    const base = this.root.value(SLOT.RNGLISTS_BASE);
    return base + this.sections.get('rnglists').u32(base + value * OFFSET_BYTES);
  }

  /** The place in .debug_info that an entry of this unit refers to; undefined for one in another file. */
  reference(entry: Entry, slot: Slot): number | undefined {
    const value = entry.value(slot);
    switch (entry.form(slot)) {
      case FORM.REF1:
      case FORM.REF2:
      case FORM.REF4:
      case FORM.REF8:
      case FORM.REF_UDATA: {
        const at = this.header.start + value;
        return at < this.header.end ? at : undefined;
      }
      case FORM.REF_ADDR:
        return value;
      default:
        return undefined;
    }
  }

  /** A text that stands outside of the entry; undefined for one in another file. */
  text(entry: Entry, slot: Slot): string | undefined {
    const value = entry.value(slot);
    switch (entry.form(slot)) {
      case FORM.STRP:
        return this.sections.get('str').text(value);
      case FORM.LINE_STRP:
        return this.sections.get('line_str').text(value);
      case FORM.STRX:
      case FORM.STRX1:
      case FORM.STRX2:
      case FORM.STRX3:
      case FORM.STRX4: {
        const base = this.root.has(SLOT.STR_OFFSETS_BASE) ? this.root.value(SLOT.STR_OFFSETS_BASE) : TABLE_HEADER;
        return this.sections.get('str').text(this.sections.get('str_offsets').u32(base + value * OFFSET_BYTES));
      }
      default:
        return undefined;
    }
  }
}

/** Whether an address is the index of one. */
export function isAddressIndex(form: number): boolean {
  switch (form) {
    case FORM.ADDRX:
    case FORM.ADDRX1:
    case FORM.ADDRX2:
    case FORM.ADDRX3:
    case FORM.ADDRX4:
    case FORM.GNU_ADDR_INDEX:
      return true;
    default:
      return false;
  }
}
