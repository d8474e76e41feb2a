import type { Budget } from './budget.js';
import { FORM, RLE } from './constants.js';
import { DwarfError } from './dwarf-error.js';
import type { Entry } from './entry.js';
import { SLOT } from './slots.js';
import { isAddressIndex, type Unit } from './unit.js';

/** Above are no places: what linkers put for functions that they dropped. */
const MAX_ADDRESS = 2 ** 53;
/** In lists of version 4: what follows is the new base. */
const NEW_BASE = 2 ** 64 - 1;
/** The longest entry of a list. */
const MAX_ENTRY = 24;

/** The first `count` ranges of addresses: from `starts[i]` on, `ends[i]` not among them. Used again for each entry. */
export class Ranges {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  count = 0;

  /** The ranges of an entry that are in the program, in place of those before. */
  read(entry: Entry, unit: Unit, budget: Budget): void {
    this.count = 0;
    if (entry.has(SLOT.RANGES)) {
      if (unit.header.version === 5) readNewList(unit, unit.rangesAt(entry), budget, this);
      else readOldList(unit, entry.value(SLOT.RANGES), budget, this);
    } else if (entry.has(SLOT.LOW_PC) && entry.has(SLOT.HIGH_PC)) {
      const start = unit.address(entry, SLOT.LOW_PC);
      const form = entry.form(SLOT.HIGH_PC);
      const isAddress = form === FORM.ADDR || isAddressIndex(form);
      this.add(start, isAddress ? unit.address(entry, SLOT.HIGH_PC) : start + entry.value(SLOT.HIGH_PC));
    }
  }

  add(start: number, end: number): void {
    // Nothing lies at 0: that, too, is put for functions that were dropped.
    if (!(start > 0 && end > start && end < MAX_ADDRESS)) return;
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }
}

function readOldList(unit: Unit, from: number, budget: Budget, into: Ranges): void {
  const section = unit.sections.get('ranges');
  let { base } = unit;
  for (let at = from; ; at += 16) {
    budget.spend(1);
    const cursor = section.cursor(at, 16);
    const [start, end] = [cursor.u64(), cursor.u64()];
    if (start === 0 && end === 0) return;
    if (start === NEW_BASE) base = end;
    else into.add(base + start, base + end);
  }
}

function readNewList(unit: Unit, from: number, budget: Budget, into: Ranges): void {
  const section = unit.sections.get('rnglists');
  const { size } = section;
  let { base } = unit;
  for (let at = from; ; ) {
    budget.spend(1);
    const cursor = section.cursor(at, Math.min(MAX_ENTRY, Math.max(1, size - at)));
    const before = cursor.at;
    const kind = cursor.u8();
    switch (kind) {
      case RLE.END_OF_LIST:
        return;
      case RLE.BASE_ADDRESSX:
        base = unit.indexedAddress(cursor.uleb());
        break;
      case RLE.STARTX_ENDX:
        into.add(unit.indexedAddress(cursor.uleb()), unit.indexedAddress(cursor.uleb()));
        break;
      case RLE.STARTX_LENGTH: {
        const start = unit.indexedAddress(cursor.uleb());
        into.add(start, start + cursor.uleb());
        break;
      }
      case RLE.OFFSET_PAIR: {
        const start = base + cursor.uleb();
        into.add(start, base + cursor.uleb());
        break;
      }
      case RLE.BASE_ADDRESS:
        base = cursor.u64();
        break;
      case RLE.START_END:
        into.add(cursor.u64(), cursor.u64());
        break;
      case RLE.START_LENGTH: {
        const start = cursor.u64();
        into.add(start, start + cursor.uleb());
        break;
      }
      default:
        throw new DwarfError(`entry ${kind} of a list of ranges is not known`);
    }
    at += cursor.at - before;
  }
}
