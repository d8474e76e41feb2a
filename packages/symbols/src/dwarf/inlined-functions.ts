import { type ByteSource, ElfError, type ElfFile } from '@skep/elf';
import { Budget, SpentError } from './budget.js';
import { DebugSections, hasDebugInfo } from './debug-sections.js';
import { DwarfError } from './dwarf-error.js';
import type { DwarfMemory } from './dwarf-memory.js';
import { FunctionNames } from './function-names.js';
import { UnitFinder } from './unit-finder.js';
import { readInlines } from './unit-inlines.js';
import { Units } from './units.js';

/**
 * The functions that a compiler inlined into others, from the DWARF (versions 4 and 5) of a file.
 *
 * This is a reader of its own, and a small one, because the agent runs as root and reads what others wrote. Libraries
 * such as libdw map the file, and whoever truncates it meanwhile ends the agent with SIGBUS; they are written in C for
 * debuggers, which trust what they open. Here each place is checked before it is read, in memory that is safe, and what
 * a file may cost is bounded. A damaged file has no inlined functions; it is never an error.
 *
 * Nothing is read before the first look-up; then a unit at a time, and of that only which code is inlined from where.
 */
export class InlinedFunctions {
  private readonly units: Units;
  private readonly finder: UnitFinder;
  private readonly names: FunctionNames;
  private readonly memory: DwarfMemory;
  private readonly key: string;
  private readonly budget: Budget;
  private isDamaged = false;

  /** Undefined for a file without debug information. */
  static of(file: ElfFile, source: ByteSource, memory: DwarfMemory): InlinedFunctions | undefined {
    return hasDebugInfo(file) ? new InlinedFunctions(file, source, memory) : undefined;
  }

  private constructor(file: ElfFile, source: ByteSource, memory: DwarfMemory) {
    this.memory = memory;
    this.key = memory.newKey();
    this.budget = new Budget();
    const sections = new DebugSections(file, source, memory, this.key, this.budget);
    this.units = new Units(sections, memory, this.key, this.budget);
    this.finder = new UnitFinder(sections, this.units, memory, this.key, this.budget);
    this.names = new FunctionNames(sections, this.units, this.budget);
  }

  /** Names of the functions inlined at an address of the program, innermost first. */
  find(address: number): readonly string[] {
    if (this.isDamaged) return [];
    try {
      return this.read(address);
    } catch (error) {
      if (error instanceof SpentError) return [];
      if (!(error instanceof DwarfError || error instanceof ElfError)) throw error;
      // It would be tried again for every address.
      this.isDamaged = true;
      return [];
    }
  }

  private read(address: number): string[] {
    const start = this.finder.find(address);
    if (start === undefined) return [];
    const inlines = this.memory.keep(`${this.key}:inlines:${start}`, () =>
      readInlines(() => this.units.unitAt(start), this.budget),
    );
    return inlines
      .find(address)
      .map((place) => this.names.of(place))
      .filter((name) => name !== undefined);
  }
}
