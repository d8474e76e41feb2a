import { readFileSync } from 'node:fs';
import { addressOf, type ByteSource, ElfError, ElfFile, type Segment } from '@skep/elf';
import { readElfSymbols } from './elf-symbols.js';
import { parseMaps } from './memory-maps.js';
import { ownMemory } from './own-memory.js';
import type { FoundSymbol, SymbolTable } from './symbol-table.js';

/** A program or library: names of places in its file. */
export class Binary {
  // Not the file: whoever wrote it may have given it any number of sections.
  private readonly segments: readonly Segment[];
  private readonly symbols: SymbolTable | undefined;

  constructor(segments: readonly Segment[], symbols: SymbolTable | undefined) {
    this.segments = segments;
    this.symbols = symbols;
  }

  /** Memory it takes, so that a cache can be bounded. */
  get bytes(): number {
    return 512 + this.segments.length * 64 + (this.symbols?.bytes ?? 0);
  }

  /** The function that holds this byte of the file. */
  find(fileOffset: number): FoundSymbol | undefined {
    const address = addressOf(this.segments, fileOffset);
    return address === undefined ? undefined : this.symbols?.find(address);
  }
}

/**
 * What is no ELF file, or a damaged one, has no names.
 *
 * @param debugSymbols gives the symbols of a file that has only those it exports
 */
export function readBinary(
  source: ByteSource,
  debugSymbols: (file: ElfFile) => SymbolTable | undefined = () => undefined,
): Binary {
  try {
    const file = new ElfFile(source);
    return new Binary(file.segments, debugSymbols(file) ?? readElfSymbols(file));
  } catch (error) {
    if (error instanceof ElfError) return new Binary([], undefined);
    throw error;
  }
}

/** The page of functions that the kernel maps into every process: the same image everywhere, read from this one. */
export function readVdso(): Binary {
  const mapping = parseMaps(readFileSync('/proc/self/maps', 'utf8')).find(({ path }) => path === '[vdso]');
  return mapping ? readBinary(ownMemory(mapping.start, mapping.end - mapping.start)) : new Binary([], undefined);
}
