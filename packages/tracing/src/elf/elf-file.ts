import { SkepError } from '@skep/core';
import { ElfError, type ElfSection, FileSource, ElfFile as Reader, SHT } from '@skep/elf';

export type { ElfSection } from '@skep/elf';

/** A function of a program or library that a probe can be put on. */
export interface ElfFunction {
  readonly name: string;
  /** From the start of the file. */
  readonly offset: bigint;
}

/** A 64-bit little-endian program or library that probes are put on. Whoever opens it closes it. */
export class ElfFile {
  readonly path: string;
  private readonly source: FileSource;
  private readonly reader: Reader;

  /** @throws SkepError SKEP_ATTACH when there is no such file, or it is not one of these. */
  constructor(path: string) {
    this.path = path;
    this.source = opened(path);
    try {
      this.reader = this.checked(() => new Reader(this.source));
    } catch (error) {
      this.source.close();
      throw error;
    }
  }

  close(): void {
    this.source.close();
  }

  /**
   * Functions with code in this file, by name and version as the linker knows them; the same place may have two names.
   *
   * @throws SkepError SKEP_ATTACH when a table of symbols is damaged.
   */
  functions(): ElfFunction[] {
    const found = new Map<string, ElfFunction>();
    for (const table of this.reader.sections) {
      if (table.type !== SHT.SYMTAB && table.type !== SHT.DYNSYM) continue;
      if (!this.reader.sections[table.link]) continue;
      const symbols = this.checked(() => this.reader.symbols(table));
      for (let i = 0; i < symbols.count; i++) {
        if (!symbols.isFunction(i)) continue;
        const name = symbols.name(i);
        const offset = this.reader.offsetOf(symbols.value(i));
        if (name === '' || offset === undefined) continue;
        found.set(`${name}@${offset}`, { name, offset: BigInt(offset) });
      }
    }
    return [...found.values()];
  }

  /** The place in the file of a virtual address; undefined when the file holds no bytes for it. */
  fileOffset(address: bigint): bigint | undefined {
    const offset = this.reader.offsetOf(Number(address));
    return offset === undefined ? undefined : BigInt(offset);
  }

  section(name: string): ElfSection | undefined {
    return this.reader.section(name);
  }

  /** The bytes of a section. @throws SkepError SKEP_ATTACH when the file ends before it does. */
  data(section: ElfSection): Uint8Array {
    return this.checked(() => this.reader.data(section));
  }

  private checked<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof ElfError)) throw cause;
      throw new SkepError('SKEP_ATTACH', `${this.path} cannot be probed: ${cause.message}`, undefined, { cause });
    }
  }
}

function opened(path: string): FileSource {
  try {
    return new FileSource(path);
  } catch (cause) {
    const { code = 'it is no file' } = cause as NodeJS.ErrnoException;
    throw new SkepError('SKEP_ATTACH', `${path} cannot be read: ${code}`, 'give the path of a program or library', {
      cause,
    });
  }
}
