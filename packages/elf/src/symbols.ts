import { endianness } from 'node:os';
import { textAt } from './views.js';

/** Types of symbols. */
export const STT = { FUNC: 2, GNU_IFUNC: 10 } as const;

const SHN_UNDEF = 0;
const ENTRY_BYTES = 24;
/** An entry in words of four bytes: name; info, other, section; value; size. */
const WORDS = ENTRY_BYTES / 4;

/**
 * A table of symbols, read in place by index: programs have hundreds of thousands, and an object for each would cost
 * more than reading them. Indexes below `count` are the caller's to keep to.
 */
export class ElfSymbols {
  readonly count: number;
  /** Where the names lie, each with a NUL behind it. */
  readonly names: Uint8Array;
  private readonly words: Uint32Array;

  constructor(table: Uint8Array, names: Uint8Array) {
    this.count = Math.floor(table.length / ENTRY_BYTES);
    this.words = wordsOf(table, this.count * WORDS);
    this.names = names;
  }

  /** One of STT, or another number. */
  type(index: number): number {
    return this.words[index * WORDS + 1]! & 0xf;
  }

  /** Local 0, global 1, weak 2. */
  binding(index: number): number {
    return (this.words[index * WORDS + 1]! >>> 4) & 0xf;
  }

  section(index: number): number {
    return this.words[index * WORDS + 1]! >>> 16;
  }

  /** Its address in a program; its place in its section in an object file. */
  value(index: number): number {
    return this.words[index * WORDS + 2]! + this.words[index * WORDS + 3]! * 2 ** 32;
  }

  size(index: number): number {
    return this.words[index * WORDS + 4]! + this.words[index * WORDS + 5]! * 2 ** 32;
  }

  /** Whether it is a function with code in this file. */
  isFunction(index: number): boolean {
    const type = this.type(index);
    return (type === STT.FUNC || type === STT.GNU_IFUNC) && this.section(index) !== SHN_UNDEF;
  }

  /** Where in `names` its name begins, if it lies there at all. */
  nameAt(index: number): number {
    return this.words[index * WORDS]!;
  }

  name(index: number): string {
    return textAt(this.names, this.nameAt(index));
  }
}

/** Little-endian words; a copy where this machine cannot read them in place. */
function wordsOf(bytes: Uint8Array, length: number): Uint32Array {
  const inPlace = bytes.byteOffset % 4 === 0 && endianness() === 'LE';
  if (inPlace) return new Uint32Array(bytes.buffer, bytes.byteOffset, length);
  const copy = bytes.slice(0, length * 4);
  if (endianness() === 'BE') Buffer.from(copy.buffer).swap32();
  return new Uint32Array(copy.buffer);
}
