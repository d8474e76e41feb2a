import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SkepError } from '@skep/core';

/** A section of a program or library; its bytes are read when they are asked for. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

interface Segment {
  readonly offset: bigint;
  readonly address: bigint;
  readonly size: bigint;
}

/** A function of a program or library that a probe can be put on. */
export interface ElfFunction {
  readonly name: string;
  /** From the start of the file. */
  readonly offset: bigint;
}

const HEADER_BYTES = 64;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SYMBOL_BYTES = 24;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
/** Tables of sections and segments larger than this belong to no program. */
const MOST_TABLE = 1 << 22;
/** Symbol and string tables: Chromium's take 300 MB. */
const MOST_SECTION = 1 << 30;

/**
 * A 64-bit little-endian program or library, read in parts: binaries of hundreds of megabytes cost what their symbols
 * take.
 *
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */
export class ElfFile {
  readonly path: string;
  readonly sections: readonly ElfSection[];
  private readonly segments: readonly Segment[];
  private readonly fd: number;
  private readonly length: number;

  /** @throws SkepError SKEP_ATTACH when there is no such file, or it is not one of these. */
  constructor(path: string) {
    this.path = path;
    this.fd = opened(path);
    try {
      this.length = fstatSync(this.fd).size;
      const header = this.view(0, HEADER_BYTES);
      if (header.getUint32(0) !== 0x7f454c46 || header.getUint8(4) !== 2 || header.getUint8(5) !== 1) {
        throw this.broken('it is no 64-bit little-endian ELF file');
      }
      this.segments = this.readSegments(header);
      this.sections = this.readSections(header);
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Functions with code in this file, by name and version as the linker knows them; the same place may have two names. */
  functions(): ElfFunction[] {
    const tables = this.sections.filter(({ type }) => type === SHT_SYMTAB || type === SHT_DYNSYM);
    const found = new Map<string, ElfFunction>();
    for (const table of tables) {
      const names = this.sections[table.link];
      if (!names) continue;
      const [symbols, texts] = [this.data(table), this.data(names)];
      const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
      for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
        const type = view.getUint8(at + 4) & 0xf;
        const address = view.getBigUint64(at + 8, true);
        if ((type !== STT_FUNC && type !== STT_GNU_IFUNC) || view.getUint16(at + 6, true) === 0) continue;
        const name = textAt(texts, view.getUint32(at, true));
        const offset = this.fileOffset(address);
        if (name === '' || offset === undefined) continue;
        found.set(`${name}@${offset}`, { name, offset });
      }
    }
    return [...found.values()];
  }

  /** The place in the file of a virtual address; undefined when the file holds no bytes for it. */
  fileOffset(address: bigint): bigint | undefined {
    const segment = this.segments.find((one) => address >= one.address && address < one.address + one.size);
    return segment && address - segment.address + segment.offset;
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** The bytes of a section. @throws SkepError SKEP_ATTACH when the file ends before it does. */
  data({ name, offset, size }: Pick<ElfSection, 'name' | 'offset' | 'size'>): Uint8Array<ArrayBuffer> {
    if (size > MOST_SECTION || offset + size > this.length) throw this.broken(`section ${name} runs past its end`);
    return this.read(offset, size);
  }

  private readSegments(header: DataView): Segment[] {
    const [at, entry, count] = [
      Number(header.getBigUint64(32, true)),
      header.getUint16(54, true),
      header.getUint16(56, true),
    ];
    const table = this.table(at, entry * count);
    return Array.from({ length: count }, (_, i) => i * entry)
      .filter((from) => table.getUint32(from, true) === PT_LOAD)
      .map((from) => ({
        offset: table.getBigUint64(from + 8, true),
        address: table.getBigUint64(from + 16, true),
        size: table.getBigUint64(from + 32, true),
      }));
  }

  private readSections(header: DataView): ElfSection[] {
    const [at, entry, count] = [
      Number(header.getBigUint64(40, true)),
      header.getUint16(58, true),
      header.getUint16(60, true),
    ];
    if (at === 0) return [];
    const table = this.table(at, entry * count);
    const raw = Array.from({ length: count }, (_, i) => i * entry).map((from) => ({
      nameAt: table.getUint32(from, true),
      type: table.getUint32(from + 4, true),
      address: table.getBigUint64(from + 16, true),
      offset: Number(table.getBigUint64(from + 24, true)),
      size: Number(table.getBigUint64(from + 32, true)),
      link: table.getUint32(from + 40, true),
    }));
    const names = raw[header.getUint16(62, true)];
    const texts = names ? this.data({ ...names, name: '.shstrtab' }) : new Uint8Array(0);
    return raw.map(({ nameAt, ...rest }) => ({ ...rest, name: textAt(texts, nameAt) }));
  }

  private table(at: number, bytes: number): DataView {
    if (bytes > MOST_TABLE || at + bytes > this.length) throw this.broken('its tables run past its end');
    return this.view(at, bytes);
  }

  private view(at: number, bytes: number): DataView {
    return new DataView(this.read(at, bytes).buffer);
  }

  private read(at: number, bytes: number): Uint8Array<ArrayBuffer> {
    const into = new Uint8Array(bytes);
    if (bytes > 0 && readSync(this.fd, into, 0, bytes, at) < bytes) throw this.broken('it is too short');
    return into;
  }

  private broken(why: string): SkepError {
    return new SkepError('SKEP_ATTACH', `${this.path} cannot be probed: ${why}`);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SkepError('SKEP_ATTACH', `${path} cannot be read: ${code}`, 'give the path of a program or library', {
      cause,
    });
  }
}

/** The text up to the next NUL. */
export function textAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return Buffer.from(bytes.subarray(at, end < 0 ? bytes.length : end)).toString('utf8');
}
