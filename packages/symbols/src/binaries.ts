import { FileSource } from '@skep/elf';
import { type Binary, readBinary, readVdso } from './binary.js';
import { readDebugNames } from './debug-file.js';
import { DwarfMemory } from './dwarf/dwarf-memory.js';
import { readNames } from './file-names.js';
import { Lru } from './lru.js';
import type { SymbolFiles } from './symbol-files.js';

/** Bytes of symbol tables that are kept: a dozen large programs, or all libraries of a machine. */
const LIMIT = 64 << 20;

/** Programs and libraries by what they are, not by their path: containers share them, and upgrades replace them. */
export class Binaries {
  private readonly cache = new Lru<string, Binary>(LIMIT);
  private readonly memory = new DwarfMemory();
  private readonly files: SymbolFiles | undefined;
  private vdso: Binary | undefined;

  /** @param files whose names come before all others */
  constructor(files?: SymbolFiles) {
    this.files = files;
  }

  /**
   * The first of `files` that can be opened; undefined when none can.
   *
   * @param inode of the file: what is opened by a path alone may be another by now
   * @param root root folder of whoever runs it, below which the file is `path`: where its debug file is looked for
   */
  open(files: readonly string[], inode: number, root: string, path: string): Binary | undefined {
    for (const file of files) {
      try {
        const source = new FileSource(file);
        try {
          if (file === path && source.identity.inode !== inode) continue;
          return this.of(source, root, path);
        } finally {
          source.close();
        }
      } catch {
        // Gone with its process, or not to be read by this user: the next one may do.
      }
    }
    return undefined;
  }

  private of(source: FileSource, root: string, path: string): Binary {
    const { key } = source.identity;
    const known = this.cache.get(key);
    if (known) return known;
    const { memory } = this;
    const binary = readBinary(
      source,
      (file) =>
        this.files?.namesOf(file, memory) ??
        readDebugNames(file, root, path, memory) ??
        readNames(file, source, memory),
    );
    this.cache.set(key, binary, binary.bytes);
    return binary;
  }

  ofVdso(): Binary {
    this.vdso ??= readVdso();
    return this.vdso;
  }
}
