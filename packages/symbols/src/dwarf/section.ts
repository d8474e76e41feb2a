import { type ByteSource, type ElfSection, sectionData, sectionPart, sectionSize } from '@skep/elf';
import type { Budget } from './budget.js';
import { Cursor } from './cursor.js';
import { CutOffError, DwarfError } from './dwarf-error.js';
import type { DwarfMemory } from './dwarf-memory.js';

/** Read at once of a section that is not compressed: what is asked for next lies close most times. */
const WINDOW = 16 << 10;
/** Windows of a section: lists are found by a table of their places, which is not where they are. */
const WINDOWS = 4;
/** Sections that are compressed are decompressed whole: larger ones are not read. */
const MAX_DECOMPRESSED = 64 << 20;
/** Bytes that are read in the time in which an entry is. */
const READ_PER_ENTRY = 512;
/** Bytes that are decompressed in the time in which an entry is read. */
const DECOMPRESSED_PER_ENTRY = 32;
/** Longer names are cut. */
export const MAX_TEXT = 4096;
/** What is read first of a thing of unknown size; eight times as much each time that it was cut off. */
const FIRST_TRY = 512;

const utf8 = new TextDecoder();

/** A section that is read in pieces, as far as it was not compressed. */
export class Section {
  private readonly source: ByteSource;
  private readonly section: ElfSection;
  private readonly memory: DwarfMemory;
  private readonly key: string;
  private readonly budget: Budget;
  private knownSize: number | undefined;
  /** Those read last come first. */
  private windows: { readonly start: number; readonly cursor: Cursor }[] = [];

  constructor(source: ByteSource, section: ElfSection, memory: DwarfMemory, key: string, budget: Budget) {
    this.source = source;
    this.budget = budget;
    this.section = section;
    this.memory = memory;
    this.key = key;
  }

  /** In bytes, decompressed. */
  get size(): number {
    this.knownSize ??= sectionSize(this.source, this.section);
    return this.knownSize;
  }

  u32(at: number): number {
    return this.cursor(at, 4).u32();
  }

  u64(at: number): number {
    return this.cursor(at, 8).u64();
  }

  /** The text at `at`, up to its NUL. */
  text(at: number): string {
    const length = Math.max(0, Math.min(MAX_TEXT, this.size - at));
    const cursor = this.cursor(at, length);
    const part = cursor.bytes.subarray(cursor.at, cursor.at + length);
    const end = part.indexOf(0);
    return utf8.decode(end < 0 ? part : part.subarray(0, end));
  }

  /**
   * A cursor at byte `at` of the section, with `least` bytes before it. It stands in a window of the section, which
   * others stand in too: good until the next call.
   */
  cursor(at: number, least: number): Cursor {
    const { windows } = this;
    // Not an iterator: this runs for every list, most times before it is compiled.
    for (let i = 0; i < windows.length; i++) {
      const { start, cursor } = windows[i]!;
      const inWindow = at - start;
      if (!(inWindow >= 0 && inWindow + least <= cursor.end)) continue;
      cursor.at = inWindow;
      return cursor;
    }
    if (!(at >= 0 && at + least <= this.size)) throw new CutOffError('a place outside of the section');
    return this.open(at, least);
  }

  private open(at: number, least: number): Cursor {
    const { isCompressed } = this.section;
    const start = isCompressed ? 0 : at;
    const cursor = new Cursor(isCompressed ? this.decompressed() : this.bytes(at, Math.max(WINDOW, least), least));
    this.windows.unshift({ start, cursor });
    if (this.windows.length > WINDOWS) this.windows.pop();
    cursor.at = at - start;
    if (cursor.at + least > cursor.end) throw new CutOffError('a place outside of the section');
    return cursor;
  }

  /** Bytes `from .. from + length`. @throws DwarfError when there are fewer than `least`. */
  bytes(from: number, length: number, least = length): Uint8Array {
    this.budget.spend(length / READ_PER_ENTRY);
    const bytes = this.section.isCompressed
      ? this.decompressed().subarray(from, from + length)
      : sectionPart(this.source, this.section, from, length);
    if (bytes.length < least) throw new CutOffError('a place behind the section');
    return bytes;
  }

  /** What `read` makes of the bytes from `from` on, of which it is given more until they suffice, up to `to`. */
  readFrom<T>(from: number, to: number, read: (cursor: Cursor) => T): T {
    const whole = Math.min(to, this.size) - from;
    if (!(whole > 0)) throw new DwarfError('a place behind the section');
    for (let length = FIRST_TRY; ; length *= 8) {
      try {
        return read(new Cursor(this.bytes(from, Math.min(length, whole))));
      } catch (error) {
        if (!(error instanceof CutOffError) || length >= whole) throw error;
      }
    }
  }

  private decompressed(): Uint8Array {
    return this.memory.keep(this.key, () => {
      this.budget.spend(Math.min(this.size, MAX_DECOMPRESSED) / DECOMPRESSED_PER_ENTRY);
      const value = sectionData(this.source, this.section, MAX_DECOMPRESSED);
      const release = () => {
        this.windows = [];
      };
      return { value, bytes: value.length, release };
    });
  }
}
