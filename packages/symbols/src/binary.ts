import { readFileSync } from 'node:fs';
import { type ByteSource, OwnMemory } from './byte-source.js';
import { addressOf, type ElfHeaders, readElfHeaders, type Segment } from './elf.js';
import { readElfSymbols } from './elf-symbols.js';
import { parseMaps } from './memory-maps.js';
import type { FoundSymbol, SymbolTable } from './symbol-table.js';

/** A program or library: names of places in its file. */
export class Binary {
  private readonly segments: readonly Segment[];
  private readonly symbols: SymbolTable | undefined;

  constructor(segments: readonly Segment[], symbols: SymbolTable | undefined) {
    this.segments = segments;
    this.symbols = symbols;
  }

  /** Memory it takes, so that a cache can be bounded. */
  get bytes(): number {
    return 512 + (this.symbols?.bytes ?? 0);
  }

  /** The function that holds this byte of the file. */
  find(fileOffset: number): FoundSymbol | undefined {
    const address = addressOf(this.segments, fileOffset);
    return address === undefined ? undefined : this.symbols?.find(address);
  }
}

/**
 * What is no ELF file has no names.
 *
 * @param debugSymbols gives the symbols of a file that has only those it exports
 */
export function readBinary(
  source: ByteSource,
  debugSymbols: (headers: ElfHeaders) => SymbolTable | undefined = () => undefined,
): Binary {
  const headers = readElfHeaders(source);
  if (!headers) return new Binary([], undefined);
  return new Binary(headers.segments, debugSymbols(headers) ?? readElfSymbols(source, headers));
}

/** The page of functions that the kernel maps into every process: the same image everywhere, read from this one. */
export function readVdso(): Binary {
  const mapping = parseMaps(readFileSync('/proc/self/maps', 'utf8')).find(({ path }) => path === '[vdso]');
  return mapping ? readBinary(new OwnMemory(mapping.start, mapping.end - mapping.start)) : new Binary([], undefined);
}
