import type { ByteSource, FileSource } from '@skep/elf';
import { DwarfError } from './dwarf-error.js';
import type { DwarfMemory } from './dwarf-memory.js';

/** A file that is open only while it is read a lot: programs with debug information may be many. */
export class ReopenedFile implements ByteSource {
  private readonly path: string;
  private readonly key: string;
  private readonly memory: DwarfMemory;

  constructor(file: FileSource, memory: DwarfMemory) {
    this.path = file.path;
    this.key = file.identity.key;
    this.memory = memory;
  }

  /** @throws DwarfError when the file cannot be opened or read any more, or is another one now. */
  read(offset: number, length: number): Uint8Array {
    try {
      return this.memory.open(this.path, this.key).read(offset, length);
    } catch (cause) {
      throw new DwarfError(`${this.path} cannot be read any more`, { cause });
    }
  }

  close(): void {}
}
