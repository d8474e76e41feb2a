import { SkepError } from '@skep/core';
import { ElfError, ElfFile, type ElfSection, MemorySource, SHT } from '@skep/elf';

/** A section of an object file; `data` is a view of the file's bytes. */
export interface Section extends ElfSection {
  readonly data: Uint8Array;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  /** STT_OBJECT 1, STT_FUNC 2, STT_SECTION 3. */
  readonly type: number;
  readonly section: number;
}

export interface Elf {
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
}

/** Variables without a value in the file: more than any program has. */
const MOST_BSS = 256 << 20;

/**
 * The sections and symbols of a little-endian 64-bit ELF file, which is what clang writes for BPF.
 *
 * @throws SkepError SKEP_SCHEMA when the bytes are not such a file.
 */
export function readElf(bytes: Uint8Array): Elf {
  try {
    const file = new ElfFile(new MemorySource(bytes));
    const sections = file.sections.map((section) => ({ ...section, data: dataOf(file, section) }));
    const table = file.sections.find(({ type }) => type === SHT.SYMTAB);
    return { sections, symbols: table ? symbolsOf(file, table) : [] };
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    const remedy = 'build the object with clang -target bpf';
    throw new SkepError('SKEP_SCHEMA', `the object cannot be read: ${error.message}`, remedy, { cause: error });
  }
}

/** Of .bss: the zeros that it stands for. */
function dataOf(file: ElfFile, section: ElfSection): Uint8Array {
  if (section.type !== SHT.NOBITS) return file.data(section);
  if (section.size > MOST_BSS) throw new ElfError(`section ${section.name} is too large`);
  return new Uint8Array(section.size);
}

function symbolsOf(file: ElfFile, table: ElfSection): ElfSymbol[] {
  const symbols = file.symbols(table);
  return Array.from({ length: symbols.count }, (_, i) => ({
    name: symbols.name(i),
    type: symbols.type(i),
    section: symbols.section(i),
    value: symbols.value(i),
    size: symbols.size(i),
  }));
}

const utf8 = new TextDecoder();

/** The text at `at`, up to its NUL. */
export function cString(bytes: Uint8Array, at: number): string {
  let end = at;
  while (end < bytes.length && bytes[end] !== 0) end++;
  return utf8.decode(bytes.subarray(at, end));
}
