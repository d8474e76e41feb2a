import { type Binary, readBinary, readVdso } from './binary.js';
import { FileSource } from './byte-source.js';
import { Lru } from './lru.js';

/** Bytes of symbol tables that are kept: a dozen large programs, or all libraries of a machine. */
const LIMIT = 64 << 20;

/** Programs and libraries by what they are, not by their path: containers share them, and upgrades replace them. */
export class Binaries {
  private readonly cache = new Lru<string, Binary>(LIMIT);
  private vdso: Binary | undefined;

  /** The first of `paths` that can be opened; undefined when none can. */
  open(paths: readonly string[]): Binary | undefined {
    for (const path of paths) {
      try {
        const source = new FileSource(path);
        try {
          return this.of(source);
        } finally {
          source.close();
        }
      } catch {
        // Gone with its process, or not to be read by this user: the next path may do.
      }
    }
    return undefined;
  }

  private of(source: FileSource): Binary {
    const { key } = source.identity;
    const known = this.cache.get(key);
    if (known) return known;
    const binary = readBinary(source);
    this.cache.set(key, binary, binary.bytes);
    return binary;
  }

  ofVdso(): Binary {
    this.vdso ??= readVdso();
    return this.vdso;
  }
}
