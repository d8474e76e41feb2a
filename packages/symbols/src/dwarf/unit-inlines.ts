import { type Budget, SpentError } from './budget.js';
import { TAG } from './constants.js';
import { Cursor } from './cursor.js';
import { DwarfError } from './dwarf-error.js';
import type { Kept } from './dwarf-memory.js';
import { Entry, skipEntry } from './entry.js';
import { InlinedRanges } from './inlined-ranges.js';
import { Ranges } from './ranges.js';
import { SLOT } from './slots.js';
import type { Unit } from './unit.js';

/** A unit that is larger, or has more entries, has no inlined functions here. */
const MAX_UNIT = 64 << 20;
const MAX_ENTRIES = 1 << 21;
const MAX_DEPTH = 1024;

/** No inlined function encloses what follows. */
const NONE = -1;
/** What follows is not in the program: a function that was dropped, or the pattern of one that is inlined elsewhere. */
const NOT_IN_PROGRAM = -2;

/** The functions that were inlined in a unit; none for one that is damaged, or of another version. */
export function readInlines(unit: () => Unit, budget: Budget): Kept<InlinedRanges> {
  const ranges = new InlinedRanges();
  try {
    walk(unit(), budget, ranges);
  } catch (error) {
    if (!(error instanceof DwarfError) || error instanceof SpentError) throw error;
    return { value: new InlinedRanges(), bytes: 0 };
  }
  ranges.seal();
  return { value: ranges, bytes: ranges.bytes };
}

function walk(unit: Unit, budget: Budget, into: InlinedRanges): void {
  const { entries, end } = unit.header;
  if (end - entries > MAX_UNIT) throw new DwarfError('a unit is too large');
  const cursor = new Cursor(unit.sections.get('info').bytes(entries, end - entries));
  const entry = new Entry();
  const ranges = new Ranges();
  /** By depth, what the children of an entry are in: the number of an inlined function, or one of the above. */
  const enclosing = new Int32Array(MAX_DEPTH);
  enclosing[0] = NONE;
  let depth = 0;
  for (let count = 0; cursor.at < cursor.end; count++) {
    if (count === MAX_ENTRIES) throw new DwarfError('a unit has too many entries');
    const code = cursor.uleb();
    if (code === 0) {
      if (--depth <= 0) return;
      continue;
    }
    budget.spend(1);
    const abbreviation = unit.abbreviations.of(code);
    let within = enclosing[depth]!;
    if (abbreviation.tag === TAG.SUBPROGRAM) {
      entry.read(cursor, abbreviation);
      ranges.read(entry, unit, budget);
      within = ranges.count > 0 ? NONE : NOT_IN_PROGRAM;
    } else if (abbreviation.tag === TAG.INLINED_SUBROUTINE && within !== NOT_IN_PROGRAM) {
      entry.read(cursor, abbreviation);
      ranges.read(entry, unit, budget);
      within = into.add(within, unit.reference(entry, SLOT.ORIGIN));
      for (let i = 0; i < ranges.count; i++) into.addRange(within, ranges.starts[i]!, ranges.ends[i]!);
    } else if (abbreviation.isSkipped) {
      entry.read(cursor, abbreviation);
      const next = unit.reference(entry, SLOT.SIBLING);
      if (next === undefined || next - entries < cursor.at) throw new DwarfError('a sibling lies before its entry');
      cursor.at = next - entries;
      continue;
    } else {
      skipEntry(cursor, abbreviation);
    }
    if (!abbreviation.hasChildren) {
      // A unit without children is an entry alone.
      if (depth === 0) return;
      continue;
    }
    if (++depth === MAX_DEPTH) throw new DwarfError('entries are nested too deeply');
    enclosing[depth] = within;
  }
}
