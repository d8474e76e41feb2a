import type { ByteSource } from './byte-source.js';
import { ElfError } from './elf-error.js';
import type { ElfSection } from './elf-section.js';
import { sectionData } from './section-data.js';
import { ElfSymbols } from './symbols.js';
import { textAt, u64, viewOf } from './views.js';

/** A piece of the file that is mapped: bytes `offset .. offset + size` lie at `address` of the program. */
export interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const MAGIC = 0x7f454c46;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const PT_LOAD = 1;
const SHF_EXECINSTR = 4;
const SHF_COMPRESSED = 0x800;
/** Of the table of the sections' names, and of one of them. */
const MOST_NAMES = 1 << 20;
const MOST_NAME = 256;
/** Symbols and their names: Chromium's debug file has 300 MB. */
const MOST_SECTION = 1 << 30;

interface HeaderTable {
  readonly view: DataView;
  readonly count: number;
  readonly entryBytes: number;
}

/**
 * A 64-bit little-endian ELF file, read in parts: it costs what is asked of it, whatever its size. Everything that it
 * says of itself is checked before it is believed.
 *
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */
export class ElfFile {
  readonly segments: readonly Segment[];
  readonly sections: readonly ElfSection[];
  private readonly source: ByteSource;

  /**
   * Reads the headers.
   *
   * @param source stays the caller's to close, once nothing more is asked for
   * @throws ElfError when it is no such file, or its headers run past its end.
   */
  constructor(source: ByteSource) {
    this.source = source;
    const header = source.read(0, HEADER_BYTES);
    const view = viewOf(header);
    if (header.length < HEADER_BYTES || view.getUint32(0) !== MAGIC || header[4] !== 2 || header[5] !== 1) {
      throw new ElfError('it is no 64-bit little-endian ELF file');
    }
    this.segments = segmentsOf(this.table(u64(view, 32), view, 54, SEGMENT_BYTES));
    this.sections = this.sectionsOf(this.table(u64(view, 40), view, 58, SECTION_BYTES), view.getUint16(62, true));
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /**
   * The bytes of a section, decompressed where they are compressed. One without bytes in the file (.bss) has none.
   *
   * @param most larger sections are refused
   * @throws ElfError when the section is larger, the file ends before it does, or it cannot be decompressed.
   */
  data(section: ElfSection, most = MOST_SECTION): Uint8Array {
    return sectionData(this.source, section, most);
  }

  /**
   * The symbols of a section of type SHT.SYMTAB or SHT.DYNSYM.
   *
   * @throws ElfError as `data` does, of the section and of the section of its names.
   */
  symbols(table: ElfSection, most?: number): ElfSymbols {
    const names = this.sections[table.link];
    if (!names) throw new ElfError(`section ${table.name} has no names`);
    return new ElfSymbols(this.data(table, most), this.data(names, most));
  }

  /** The place in the file of an address of the program; undefined when the file holds no bytes for it. */
  offsetOf(address: number): number | undefined {
    const found = this.segments.find((one) => address >= one.address && address < one.address + one.size);
    return found && address - found.address + found.offset;
  }

  /** The size of an entry stands at `at` of the header, their number behind it. */
  private table(offset: number, header: DataView, at: number, least: number): HeaderTable {
    const [entryBytes, count] = [header.getUint16(at, true), header.getUint16(at + 2, true)];
    if (offset === 0 || count === 0) return { view: new DataView(new ArrayBuffer(0)), count: 0, entryBytes };
    if (entryBytes < least) throw new ElfError('its headers are too small');
    const bytes = this.source.read(offset, entryBytes * count);
    if (bytes.length < entryBytes * count) throw new ElfError('its headers run past its end');
    return { view: viewOf(bytes), count, entryBytes };
  }

  private sectionsOf({ view, count, entryBytes }: HeaderTable, namesIndex: number): ElfSection[] {
    const starts = Array.from({ length: count }, (_, index) => index * entryBytes);
    const namesAt = starts[namesIndex];
    const names =
      namesAt === undefined
        ? new Uint8Array(0)
        : this.source.read(u64(view, namesAt + 24), Math.min(u64(view, namesAt + 32), MOST_NAMES));
    return starts.map((at, index) => ({
      name: textAt(names, view.getUint32(at, true), MOST_NAME),
      index,
      type: view.getUint32(at + 4, true),
      isCode: (view.getUint32(at + 8, true) & SHF_EXECINSTR) !== 0,
      isCompressed: (view.getUint32(at + 8, true) & SHF_COMPRESSED) !== 0,
      address: u64(view, at + 16),
      offset: u64(view, at + 24),
      size: u64(view, at + 32),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
    }));
  }
}

function segmentsOf({ view, count, entryBytes }: HeaderTable): Segment[] {
  return Array.from({ length: count }, (_, index) => index * entryBytes)
    .filter((at) => view.getUint32(at, true) === PT_LOAD)
    .map((at) => ({ offset: u64(view, at + 8), address: u64(view, at + 16), size: u64(view, at + 32) }));
}

/** Where a byte of the file lies in the program; undefined when it is not mapped. */
export function addressOf(segments: readonly Segment[], fileOffset: number): number | undefined {
  const found = segments.find(({ offset, size }) => fileOffset >= offset && fileOffset < offset + size);
  return found && fileOffset - found.offset + found.address;
}
