import type { ElfFile, FileSource } from '@skep/elf';
import type { DwarfMemory } from './dwarf/dwarf-memory.js';
import { InlinedFunctions } from './dwarf/inlined-functions.js';
import { ReopenedFile } from './dwarf/reopened-file.js';
import { readElfSymbols } from './elf-symbols.js';
import type { SymbolTable } from './symbol-table.js';

/** The names that one file has: its own, or those of the program whose debug file it is. */
export interface FileNames {
  /** Of functions that are there. */
  readonly symbols: SymbolTable | undefined;
  /** Of functions that were inlined; undefined when the file has no debug information. */
  readonly inlined: InlinedFunctions | undefined;
}

/**
 * @param source of the file, which may be closed: debug information is read later
 * @throws ElfError when the table of symbols is no table of this file, or is too large.
 */
export function readNames(file: ElfFile, source: FileSource, memory: DwarfMemory): FileNames {
  return {
    symbols: readElfSymbols(file),
    inlined: InlinedFunctions.of(file, new ReopenedFile(source, memory), memory),
  };
}
