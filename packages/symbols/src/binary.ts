import { readFileSync } from 'node:fs';
import { addressOf, type ByteSource, ElfError, ElfFile, type Segment } from '@skep/elf';
import type { InlinedFunctions } from './dwarf/inlined-functions.js';
import { readElfSymbols } from './elf-symbols.js';
import type { FileNames } from './file-names.js';
import { parseMaps } from './memory-maps.js';
import { ownMemory } from './own-memory.js';
import type { FoundSymbol, SymbolTable } from './symbol-table.js';

/** A program or library: names of places in its file. */
export class Binary {
  // Not the file: whoever wrote it may have given it any number of sections.
  private readonly segments: readonly Segment[];
  private readonly symbols: SymbolTable | undefined;
  private readonly inlined: InlinedFunctions | undefined;

  constructor(segments: readonly Segment[], names?: FileNames) {
    this.segments = segments;
    this.symbols = names?.symbols;
    this.inlined = names?.inlined;
  }

  /** Memory it takes, so that a cache can be bounded; not that of its debug information, which DwarfMemory bounds. */
  get bytes(): number {
    return 512 + this.segments.length * 64 + (this.symbols?.bytes ?? 0);
  }

  /** The function that holds this byte of the file. */
  find(fileOffset: number): FoundSymbol | undefined {
    const address = addressOf(this.segments, fileOffset);
    return address === undefined ? undefined : this.symbols?.find(address);
  }

  /** Names of the functions inlined at this byte of the file, innermost first. */
  inlinedAt(fileOffset: number): readonly string[] {
    const address = addressOf(this.segments, fileOffset);
    return address === undefined ? [] : (this.inlined?.find(address) ?? []);
  }
}

/**
 * What is no ELF file, or a damaged one, has no names.
 *
 * @param namesOf the names in it, or in the files that have its debug information
 */
export function readBinary(source: ByteSource, namesOf: (file: ElfFile) => FileNames): Binary {
  try {
    const file = new ElfFile(source);
    return new Binary(file.segments, namesOf(file));
  } catch (error) {
    if (error instanceof ElfError) return new Binary([]);
    throw error;
  }
}

/** The page of functions that the kernel maps into every process: the same image everywhere, read from this one. */
export function readVdso(): Binary {
  const mapping = parseMaps(readFileSync('/proc/self/maps', 'utf8')).find(({ path }) => path === '[vdso]');
  if (!mapping) return new Binary([]);
  const image = ownMemory(mapping.start, mapping.end - mapping.start);
  return readBinary(image, (file) => ({ symbols: readElfSymbols(file), inlined: undefined }));
}
