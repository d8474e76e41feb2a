import type { Budget } from './budget.js';
import { FORM, RLE } from './constants.js';
import { DwarfError } from './dwarf-error.js';
import type { Entry } from './entry.js';
import { isAddressIndex, type Unit } from './unit.js';

/** Above are no places: what linkers put for functions that they dropped. */
const MAX_ADDRESS = 2 ** 53;
/** In lists of version 4: what follows is the new base. */
const NEW_BASE = 2 ** 64 - 1;
/** The longest entry of a list. */
const MAX_ENTRY = 24;

/** Receives ranges of addresses, `end` not among them. */
export type OnRange = (start: number, end: number) => void;

/** Calls `onRange` for the ranges of an entry that are in the program; says whether there was any. */
export function rangesOf(entry: Entry, unit: Unit, budget: Budget, onRange: OnRange): boolean {
  const { lowPc, highPc, ranges } = entry;
  let isAny = false;
  const add: OnRange = (start, end) => {
    // Nothing lies at 0: that, too, is put for functions that were dropped.
    if (!(start > 0 && end > start && end < MAX_ADDRESS)) return;
    isAny = true;
    onRange(start, end);
  };
  if (ranges.form !== 0) {
    if (unit.header.version === 5) readNewList(unit, unit.rangesAt(ranges), budget, add);
    else readOldList(unit, ranges.value, budget, add);
  } else if (lowPc.form !== 0 && highPc.form !== 0) {
    const start = unit.address(lowPc);
    const isAddress = highPc.form === FORM.ADDR || isAddressIndex(highPc.form);
    add(start, isAddress ? unit.address(highPc) : start + highPc.value);
  }
  return isAny;
}

function readOldList(unit: Unit, from: number, budget: Budget, onRange: OnRange): void {
  const section = unit.sections.get('ranges');
  let { base } = unit;
  for (let at = from; ; at += 16) {
    budget.spend(1);
    const cursor = section.cursor(at, 16);
    const [start, end] = [cursor.u64(), cursor.u64()];
    if (start === 0 && end === 0) return;
    if (start === NEW_BASE) base = end;
    else onRange(base + start, base + end);
  }
}

function readNewList(unit: Unit, from: number, budget: Budget, onRange: OnRange): void {
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
        onRange(unit.indexedAddress(cursor.uleb()), unit.indexedAddress(cursor.uleb()));
        break;
      case RLE.STARTX_LENGTH: {
        const start = unit.indexedAddress(cursor.uleb());
        onRange(start, start + cursor.uleb());
        break;
      }
      case RLE.OFFSET_PAIR: {
        const start = base + cursor.uleb();
        onRange(start, base + cursor.uleb());
        break;
      }
      case RLE.BASE_ADDRESS:
        base = cursor.u64();
        break;
      case RLE.START_END:
        onRange(cursor.u64(), cursor.u64());
        break;
      case RLE.START_LENGTH: {
        const start = cursor.u64();
        onRange(start, start + cursor.uleb());
        break;
      }
      default:
        throw new DwarfError(`entry ${kind} of a list of ranges is not known`);
    }
    at += cursor.at - before;
  }
}
