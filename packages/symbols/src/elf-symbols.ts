import type { ByteSource } from './byte-source.js';
import { type ElfHeaders, type ElfSection, viewOf } from './elf.js';
import { type SymbolTable, SymbolTableBuilder } from './symbol-table.js';

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHN_UNDEF = 0;
const ENTRY = 24;

/** A file whose tables are larger has no names here: the largest browsers have 100 MB. */
const MAX_TABLE = 128 << 20;
/** Longer names are taken for none: a table without NULs would be searched to its end for every symbol. */
const MAX_NAME = 4096;

/** Of STB_LOCAL, STB_GLOBAL and STB_WEAK: which name is taken where several are of one address. */
const RANKS = [2, 0, 1];

/** The functions of .symtab, or of .dynsym where the file is stripped; undefined when it has neither. */
export function readElfSymbols(source: ByteSource, { sections }: ElfHeaders): SymbolTable | undefined {
  const table = tableOf(sections, SHT_SYMTAB) ?? tableOf(sections, SHT_DYNSYM);
  const strings = table && sections[table.link];
  if (!table || !strings || table.size > MAX_TABLE || strings.size > MAX_TABLE) return undefined;
  const names = source.read(strings.offset, strings.size);
  const bytes = source.read(table.offset, table.size);
  const view = viewOf(bytes);
  const builder = new SymbolTableBuilder(names);
  let room = names.length * 4;
  for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
    const info = bytes[at + 4]!;
    const type = info & 0xf;
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) continue;
    if (view.getUint16(at + 6, true) === SHN_UNDEF) continue;
    const nameAt = view.getUint32(at, true);
    const length = names.subarray(nameAt, nameAt + MAX_NAME).indexOf(0);
    room -= length;
    if (length <= 0) continue;
    // Names may end in one another, not all of them in the same.
    if (room < 0) break;
    const start = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 2 ** 32;
    const size = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 2 ** 32;
    builder.add(start, size, RANKS[info >> 4] ?? 2, nameAt, length);
  }
  return builder.build();
}

/** Whether the file has symbols of its own, besides those that it exports. */
export function hasSymbolTable({ sections }: ElfHeaders): boolean {
  return tableOf(sections, SHT_SYMTAB) !== undefined;
}

/** A table without entries is none: debug links leave an empty .symtab behind. */
function tableOf(sections: readonly ElfSection[], type: number): ElfSection | undefined {
  return sections.find((section) => section.type === type && section.size > ENTRY);
}
