import { demangle } from '../demangle/demangle.js';
import { Lru } from '../lru.js';
import { type Budget, SpentError } from './budget.js';
import { FORM } from './constants.js';
import type { DebugSections } from './debug-sections.js';
import { DwarfError } from './dwarf-error.js';
import { Entry } from './entry.js';
import { MAX_TEXT } from './section.js';
import { SLOT } from './slots.js';
import type { Units } from './units.js';

const MAX_NAMES = 4096;
/** From an inlined function to its pattern, to its declaration; more is a circle. */
const MAX_HOPS = 16;
const NAME_COST = 10;

interface NamedEntry {
  readonly linkageName: string | undefined;
  readonly plainName: string | undefined;
  /** Where the entry is that it completes, or is made of. */
  readonly next: number | undefined;
}

const utf8 = new TextDecoder();

/** Names of functions by the places in .debug_info that tell them. */
export class FunctionNames {
  private readonly sections: DebugSections;
  private readonly units: Units;
  private readonly budget: Budget;
  private readonly names = new Lru<number, string>(MAX_NAMES);

  constructor(sections: DebugSections, units: Units, budget: Budget) {
    this.sections = sections;
    this.units = units;
    this.budget = budget;
  }

  /** Undefined when it has none in this file. */
  of(place: number): string | undefined {
    const known = this.names.get(place);
    if (known !== undefined) return known || undefined;
    let name: string | undefined;
    try {
      name = this.read(place);
    } catch (error) {
      if (!(error instanceof DwarfError) || error instanceof SpentError) throw error;
    }
    this.names.set(place, name ?? '');
    return name;
  }

  /** The name that the linker knows, if any entry on the way has it; else that of the source. */
  private read(place: number): string | undefined {
    let plain: string | undefined;
    let next: number | undefined = place;
    for (let hop = 0; hop < MAX_HOPS && next !== undefined; hop++) {
      this.budget.spend(NAME_COST);
      const found = this.entryAt(next);
      if (found.linkageName) return demangle(found.linkageName);
      plain ??= found.plainName;
      next = found.next;
    }
    return plain;
  }

  private entryAt(place: number): NamedEntry {
    const unit = this.units.unitOf(place);
    return this.sections.get('info').readFrom(place, unit.header.end, (cursor) => {
      const entry = new Entry();
      entry.read(cursor, unit.abbreviations.of(cursor.uleb()));
      const [linkageName, plainName] = [SLOT.LINKAGE_NAME, SLOT.NAME].map((slot) => {
        if (entry.form(slot) !== FORM.STRING) return unit.text(entry, slot);
        const from = entry.value(slot);
        return utf8.decode(cursor.bytes.subarray(from, Math.min(from + MAX_TEXT, cursor.bytes.indexOf(0, from))));
      });
      const next = unit.reference(entry, SLOT.ORIGIN) ?? unit.reference(entry, SLOT.SPECIFICATION);
      return { linkageName, plainName, next };
    });
  }
}
