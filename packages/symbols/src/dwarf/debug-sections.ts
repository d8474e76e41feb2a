import { type ByteSource, type ElfFile, SHT } from '@skep/elf';
import type { Budget } from './budget.js';
import { DwarfError } from './dwarf-error.js';
import type { DwarfMemory } from './dwarf-memory.js';
import { Section } from './section.js';

const NAMES = ['info', 'abbrev', 'str', 'line_str', 'str_offsets', 'addr', 'ranges', 'rnglists', 'aranges'] as const;

type Name = (typeof NAMES)[number];

/** The sections of a file that have its debug information. */
export class DebugSections {
  private readonly sections = new Map<Name, Section>();

  // The file's own list of sections is not kept: whoever wrote it may have given it any number.
  constructor(file: ElfFile, source: ByteSource, memory: DwarfMemory, key: string, budget: Budget) {
    for (const name of NAMES) {
      const section = file.section(`.debug_${name}`);
      if (section && section.size > 0)
        this.sections.set(name, new Section(source, section, memory, `${key}:${name}`, budget));
    }
  }

  has(name: Name): boolean {
    return this.sections.has(name);
  }

  /** @throws DwarfError when it is not there. */
  get(name: Name): Section {
    const section = this.sections.get(name);
    if (section) return section;
    throw new DwarfError(`there is no .debug_${name}`);
  }
}

/** Whether the file has debug information at all. */
export function hasDebugInfo(file: ElfFile): boolean {
  return ['info', 'abbrev'].every((name) => {
    const section = file.section(`.debug_${name}`);
    return section !== undefined && section.size > 0 && section.type !== SHT.NOBITS;
  });
}
