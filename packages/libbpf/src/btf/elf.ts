import { SkepError } from '@skep/core';

/** A section of an object file; `data` is a view of the file's bytes. */
export interface Section {
  readonly name: string;
  readonly index: number;
  readonly type: number;
  /** Of a section of relocations: the section they apply to. */
  readonly info: number;
  readonly isCode: boolean;
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

const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHF_EXECINSTR = 4;

/**
 * Read the sections and symbols of a little-endian 64-bit ELF file, which is what clang writes for BPF.
 *
 * @throws SkepError SKEP_SCHEMA when the bytes are not such a file.
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */
export function readElf(bytes: Uint8Array): Elf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) {
    throw new SkepError(
      'SKEP_SCHEMA',
      'not a little-endian 64-bit ELF file',
      'build the object with clang -target bpf',
    );
  }
  const tableAt = Number(view.getBigUint64(40, true));
  const entrySize = view.getUint16(58, true);
  const count = view.getUint16(60, true);
  const raw = Array.from({ length: count }, (_, index) => {
    const at = tableAt + index * entrySize;
    return {
      index,
      nameAt: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      offset: Number(view.getBigUint64(at + 24, true)),
      size: Number(view.getBigUint64(at + 32, true)),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
      isCode: (Number(view.getBigUint64(at + 8, true)) & SHF_EXECINSTR) !== 0,
    };
  });
  const dataOf = (section: (typeof raw)[number]) =>
    section.type === SHT_NOBITS
      ? new Uint8Array(section.size)
      : bytes.subarray(section.offset, section.offset + section.size);
  const names = dataOf(raw[view.getUint16(62, true)]!);
  const sections = raw.map((section) => ({
    name: cString(names, section.nameAt),
    index: section.index,
    type: section.type,
    info: section.info,
    isCode: section.isCode,
    data: dataOf(section),
  }));
  const table = raw.find((section) => section.type === SHT_SYMTAB);
  return { sections, symbols: table ? readSymbols(dataOf(table), dataOf(raw[table.link]!)) : [] };
}

function readSymbols(table: Uint8Array, names: Uint8Array): ElfSymbol[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const symbols: ElfSymbol[] = [];
  for (let at = 0; at + 24 <= table.length; at += 24) {
    symbols.push({
      name: cString(names, view.getUint32(at, true)),
      type: view.getUint8(at + 4) & 0xf,
      section: view.getUint16(at + 6, true),
      value: Number(view.getBigUint64(at + 8, true)),
      size: Number(view.getBigUint64(at + 16, true)),
    });
  }
  return symbols;
}

const utf8 = new TextDecoder();

/** The text at `at`, up to its NUL. */
export function cString(bytes: Uint8Array, at: number): string {
  let end = at;
  while (end < bytes.length && bytes[end] !== 0) end++;
  return utf8.decode(bytes.subarray(at, end));
}
