import { type ByteSource, type ElfSection, sectionData, sectionPart, sectionSize } from '@skep/elf';
import type { Budget } from './budget.js';
import { Cursor } from './cursor.js';
import { CutOffError, DwarfError } from './dwarf-error.js';
import type { DwarfMemory } from './dwarf-memory.js';

/** Read at once of a section that is not compressed: what is asked for next lies close most times. */
const WINDOW = 16 << 10;
/** Sections that are compressed are decompressed whole: larger ones are not read. */
const MAX_DECOMPRESSED = 64 << 20;
/** Bytes that are read in the time in which an entry is. */
const READ_PER_ENTRY = 512;
/** Bytes that are decompressed in the time in which an entry is read. */
const DECOMPRESSED_PER_ENTRY = 32;
/** Longer names are cut. */
const MAX_TEXT = 4096;
/** What is read first of a thing of unknown size; eight times as much each time that it was cut off. */
const FIRST_TRY = 512;

const utf8 = new TextDecoder();
const EMPTY = new Cursor(new Uint8Array(0));

/** A section that is read in pieces, as far as it was not compressed. */
export class Section {
  private readonly source: ByteSource;
  private readonly section: ElfSection;
  private readonly memory: DwarfMemory;
  private readonly key: string;
  private readonly budget: Budget;
  private knownSize: number | undefined;
  private window = EMPTY;
  private windowAt = 0;

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
    const { bytes } = this.cursor(at, 0);
    const length = Math.max(0, Math.min(MAX_TEXT, this.size - at));
    const part = length <= bytes.length - this.window.at ? bytes.subarray(this.window.at) : this.bytes(at, length);
    const end = part.subarray(0, length).indexOf(0);
    return utf8.decode(part.subarray(0, end < 0 ? length : end));
  }

  /**
   * A cursor at byte `at` of the section, with `least` bytes before it. It stands in a window of the section and is the
   * same one every time: good until the next call.
   */
  cursor(at: number, least: number): Cursor {
    const inWindow = at - this.windowAt;
    if (inWindow >= 0 && inWindow + least <= this.window.end && inWindow < this.window.end) {
      this.window.at = inWindow;
      return this.window;
    }
    if (!(at >= 0)) throw new DwarfError('a place before the section');
    if (this.section.isCompressed) {
      this.window = new Cursor(this.decompressed());
      this.windowAt = 0;
    } else {
      this.budget.spend(WINDOW / READ_PER_ENTRY);
      this.window = new Cursor(sectionPart(this.source, this.section, at, Math.max(WINDOW, least)));
      this.windowAt = at;
    }
    this.window.at = at - this.windowAt;
    if (this.window.at + least > this.window.end) throw new CutOffError('a place behind the section');
    return this.window;
  }

  /** Bytes `from .. from + length`. @throws DwarfError when there are fewer. */
  bytes(from: number, length: number): Uint8Array {
    const bytes = this.section.isCompressed
      ? this.decompressed().subarray(from, from + length)
      : sectionPart(this.source, this.section, from, length);
    if (bytes.length < length) throw new CutOffError('a place behind the section');
    return bytes;
  }

  /** What `read` makes of the bytes from `from` on, of which it is given more until they suffice, up to `to`. */
  readFrom<T>(from: number, to: number, read: (cursor: Cursor) => T): T {
    const whole = Math.min(to, this.size) - from;
    if (!(whole > 0)) throw new DwarfError('a place behind the section');
    for (let length = FIRST_TRY; ; length *= 8) {
      try {
        this.budget.spend(Math.min(length, whole) / READ_PER_ENTRY);
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
        this.window = EMPTY;
      };
      return { value, bytes: value.length, release };
    });
  }
}
