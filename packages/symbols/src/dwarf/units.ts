import { lastUpTo } from '../order.js';
import { Abbreviations } from './abbreviations.js';
import type { Budget } from './budget.js';
import type { DebugSections } from './debug-sections.js';
import { DwarfError } from './dwarf-error.js';
import type { DwarfMemory } from './dwarf-memory.js';
import { Unit } from './unit.js';
import { MAX_UNIT_HEADER, readUnitHeader, type UnitHeader } from './unit-header.js';

/** A file with more of them is not read: the largest browsers have 60 thousand. */
export const MAX_UNITS = 1 << 17;
/** What a unit costs beside what is read in it, in entries. */
const UNIT_COST = 10;
const UNIT_BYTES = 1024;

/** The units of a file by their number. */
export class Units {
  private readonly sections: DebugSections;
  private readonly memory: DwarfMemory;
  private readonly key: string;
  private readonly budget: Budget;

  constructor(sections: DebugSections, memory: DwarfMemory, key: string, budget: Budget) {
    this.sections = sections;
    this.memory = memory;
    this.key = key;
    this.budget = budget;
  }

  /** Where they begin in .debug_info, in order. @throws DwarfError when this cannot be told of all. */
  starts(): Uint32Array {
    return this.memory.keep(`${this.key}:units`, () => {
      const starts: number[] = [];
      const info = this.sections.get('info');
      for (let at = 0; at < info.size; at = this.headerAt(at).end) {
        if (starts.length === MAX_UNITS) throw new DwarfError('there are too many units');
        this.budget.spend(UNIT_COST);
        starts.push(at);
      }
      const value = Uint32Array.from(starts);
      return { value, bytes: value.byteLength };
    });
  }

  /** The unit that begins at `start`. @throws DwarfError when it cannot be read. */
  unitAt(start: number): Unit {
    return this.memory.keep(`${this.key}:unit:${start}`, () => {
      this.budget.spend(UNIT_COST);
      const header = this.headerAt(start);
      return { value: new Unit(header, this.sections, this.abbreviations(header.abbreviations)), bytes: UNIT_BYTES };
    });
  }

  /** The unit that the entry at this place of .debug_info is of. @throws DwarfError when there is none. */
  unitOf(place: number): Unit {
    const starts = this.starts();
    const start = starts[lastUpTo(starts, place)];
    if (start === undefined) throw new DwarfError('a place before all units');
    const unit = this.unitAt(start);
    if (place < unit.header.entries || place >= unit.header.end) throw new DwarfError('a place in no unit');
    return unit;
  }

  private headerAt(start: number): UnitHeader {
    const info = this.sections.get('info');
    const header = readUnitHeader(info.cursor(start, Math.min(MAX_UNIT_HEADER, info.size - start)), start);
    if (header.end > info.size) throw new DwarfError('a unit runs past its section');
    return header;
  }

  private abbreviations(at: number): Abbreviations {
    return this.memory.keep(`${this.key}:abbreviations:${at}`, () => {
      const abbrev = this.sections.get('abbrev');
      const value = abbrev.readFrom(at, abbrev.size, (cursor) => new Abbreviations(cursor, this.budget));
      return { value, bytes: value.bytes };
    });
  }
}
