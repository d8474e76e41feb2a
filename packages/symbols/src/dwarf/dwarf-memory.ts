import { FileSource } from '@skep/elf';
import { Lru } from '../lru.js';

/** What is kept of all files together: sections that were compressed, tables of units. In bytes. */
const MAX_KEPT = 128 << 20;
/** Of each thing that is kept, for its key and its place. */
const OVERHEAD = 256;
/** Files that are open at a time. */
const MAX_OPEN = 32;

/** Something that can be read again when it was forgotten. */
export interface Kept<T> {
  readonly value: T;
  /** Memory that it takes. */
  readonly bytes: number;
  /** Called when it is forgotten. */
  release?(): void;
}

/** What the debug information of all files may take of memory and of open files, whatever is asked of it. */
export class DwarfMemory {
  private readonly kept = new Lru<string, Kept<unknown>>(MAX_KEPT, (one) => one.release?.());
  private readonly files = new Lru<string, FileSource>(MAX_OPEN, (file) => file.close());
  private nextFile = 0;

  /** A prefix for the keys of one file. */
  newKey(): string {
    return String(this.nextFile++);
  }

  /** What `key` stands for, made when it was never asked for or was forgotten. */
  keep<T>(key: string, make: () => Kept<T>): T {
    const known = this.kept.get(key);
    if (known) return known.value as T;
    const made = make();
    this.kept.set(key, made, made.bytes + OVERHEAD);
    return made.value;
  }

  /**
   * A file that is the same as it was, opened when it is not open.
   *
   * @throws Error when it is gone or another one.
   */
  open(path: string, key: string): FileSource {
    const known = this.files.get(key);
    if (known) return known;
    const file = new FileSource(path);
    if (file.identity.key !== key) {
      file.close();
      throw new Error(`${path} is another file now`);
    }
    this.files.set(key, file);
    return file;
  }

  /** Close and forget everything. */
  close(): void {
    this.kept.clear();
    this.files.clear();
  }
}
