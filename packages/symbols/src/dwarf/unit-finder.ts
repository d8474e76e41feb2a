import { lastUpTo, orderOf } from '../order.js';
import type { Budget } from './budget.js';
import { SpentError } from './budget.js';
import { UNIT } from './constants.js';
import type { DebugSections } from './debug-sections.js';
import { DwarfError } from './dwarf-error.js';
import type { DwarfMemory, Kept } from './dwarf-memory.js';
import { Ranges } from './ranges.js';
import { MAX_UNITS, type Units } from './units.js';

/** Of all units together; the largest browsers have a million. */
const MAX_RANGES = 1 << 21;
const TUPLE_BYTES = 16;
const IS_64_BIT = 0xffffffff;

/** Ranges of addresses by their starts, and the units that they are of. */
interface UnitRanges {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Where the unit begins in .debug_info. */
  readonly units: Uint32Array;
}

/**
 * Finds the unit that holds an address: by .debug_aranges, which GCC writes, and by what the other units say of
 * themselves.
 */
export class UnitFinder {
  private readonly sections: DebugSections;
  private readonly units: Units;
  private readonly memory: DwarfMemory;
  private readonly key: string;
  private readonly budget: Budget;

  constructor(sections: DebugSections, units: Units, memory: DwarfMemory, key: string, budget: Budget) {
    this.sections = sections;
    this.units = units;
    this.memory = memory;
    this.key = `${key}:ranges`;
    this.budget = budget;
  }

  /** Where the unit begins in .debug_info; undefined when none has this address. */
  find(address: number): number | undefined {
    const { starts, ends, units } = this.memory.keep(this.key, () => this.read());
    const last = lastUpTo(starts, address);
    return last >= 0 && address < ends[last]! ? units[last] : undefined;
  }

  private read(): Kept<UnitRanges> {
    const [starts, ends, units]: [number[], number[], number[]] = [[], [], []];
    const add = (start: number, end: number, unit: number) => {
      if (starts.length === MAX_RANGES) throw new DwarfError('there are too many ranges');
      starts.push(start);
      ends.push(end);
      units.push(unit);
    };
    const covered = new Set<number>();
    if (this.sections.has('aranges')) this.readTable(covered, add);
    for (const start of this.units.starts()) if (!covered.has(start)) this.readUnit(start, add);
    const order = orderOf(starts);
    const value = {
      starts: Float64Array.from(order, (i) => starts[i]!),
      ends: Float64Array.from(order, (i) => ends[i]!),
      units: Uint32Array.from(order, (i) => units[i]!),
    };
    return { value, bytes: order.length * 20 };
  }

  /** The table has a list for each unit that is in it. */
  private readTable(covered: Set<number>, add: (start: number, end: number, unit: number) => void): void {
    const section = this.sections.get('aranges');
    for (let at = 0; at < section.size; ) {
      this.budget.spend(1);
      const header = section.cursor(at, 12);
      const length = header.u32();
      if (length === IS_64_BIT) {
        at += 12 + header.u64();
        continue;
      }
      const end = at + 4 + length;
      const version = header.u16();
      const unit = header.u32();
      const [addressBytes, segmentBytes] = [header.u8(), header.u8()];
      if (version === 2 && addressBytes === 8 && segmentBytes === 0) {
        // Tuples begin at a multiple of their size.
        const first = at + TUPLE_BYTES;
        for (let tuple = first; tuple + TUPLE_BYTES <= end; tuple += TUPLE_BYTES) {
          this.budget.spend(1);
          const cursor = section.cursor(tuple, TUPLE_BYTES);
          const start = cursor.u64();
          const size = cursor.u64();
          if (start === 0 && size === 0) break;
          // Nothing lies at 0, which linkers put for functions that they dropped.
          if (start > 0 && size > 0 && start + size < 2 ** 53) add(start, start + size, unit);
        }
        covered.add(unit);
        if (covered.size > MAX_UNITS) throw new DwarfError('there are too many units');
      }
      at = end;
    }
  }

  /** A unit that cannot be read has no ranges: others may be of use. */
  private readUnit(start: number, add: (start: number, end: number, unit: number) => void): void {
    try {
      const unit = this.units.unitAt(start);
      const { type } = unit.header;
      if (type !== UNIT.COMPILE) return;
      const ranges = new Ranges();
      ranges.read(unit.root, unit, this.budget);
      for (let i = 0; i < ranges.count; i++) add(ranges.starts[i]!, ranges.ends[i]!, start);
    } catch (error) {
      if (!(error instanceof DwarfError) || error instanceof SpentError) throw error;
    }
  }
}
