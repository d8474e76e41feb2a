import { type ElfFile, type ElfSection, type ElfSymbols, SHT } from '@skep/elf';
import { type Symbols, SymbolTable } from './symbol-table.js';

const ENTRY = 24;

/** A file whose tables are larger has no names here: the largest browsers have 100 MB. */
const MAX_TABLE = 128 << 20;

/** Of STB_LOCAL, STB_GLOBAL and STB_WEAK: which name is taken where several are of one address. */
const RANKS = [2, 0, 1];

/**
 * The functions of .symtab, or of .dynsym where the file is stripped; undefined when it has neither.
 *
 * @throws ElfError when the table is no table of this file, or is too large.
 */
export function readElfSymbols(file: ElfFile): SymbolTable | undefined {
  const table = tableOf(file, SHT.SYMTAB) ?? tableOf(file, SHT.DYNSYM);
  return table && new SymbolTable(new Functions(file.symbols(table, MAX_TABLE)));
}

/** Whether the file has symbols of its own, besides those that it exports. */
export function hasSymbolTable(file: ElfFile): boolean {
  return tableOf(file, SHT.SYMTAB) !== undefined;
}

/** A table without entries is none: debug links leave an empty .symtab behind. */
function tableOf({ sections }: ElfFile, type: number): ElfSection | undefined {
  return sections.find((section) => section.type === type && section.size > ENTRY);
}

/** The functions among the symbols of a file that have names. */
class Functions implements Symbols {
  readonly count: number;
  readonly text: Uint8Array;
  readonly terminator = 0;
  readonly bytes: number;
  private readonly symbols: ElfSymbols;

  constructor(symbols: ElfSymbols) {
    this.symbols = symbols;
    this.count = symbols.count;
    this.text = symbols.names;
    this.bytes = symbols.count * ENTRY + symbols.names.length;
  }

  has(index: number): boolean {
    if (!this.symbols.isFunction(index)) return false;
    const first = this.text[this.symbols.nameAt(index)];
    return first !== undefined && first !== this.terminator;
  }

  start(index: number): number {
    return this.symbols.value(index);
  }

  size(index: number): number {
    return this.symbols.size(index);
  }

  rank(index: number): number {
    return RANKS[this.symbols.binding(index)] ?? 2;
  }

  nameAt(index: number): number {
    return this.symbols.nameAt(index);
  }
}
