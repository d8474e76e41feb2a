import { lastUpTo, orderOf } from '../order.js';
import { DwarfError } from './dwarf-error.js';

/** Of one unit. */
const MAX_FUNCTIONS = 1 << 20;
const MAX_RANGES = 1 << 20;
/** Functions inlined in one another at one address: more is no program. */
const MAX_CHAIN = 128;
const NONE = -1;

/** A place in .debug_info that is none: the function has no name in this file. */
const NAMELESS = 0xffffffff;

/**
 * Which functions are inlined at an address. They are added in the order of the file, those that enclose others first;
 * then the ranges are laid side by side, each with the innermost function in it, so that a look-up is one search.
 */
export class InlinedRanges {
  private parents: number[] | Int32Array = [];
  private origins: number[] | Uint32Array = [];
  private ranges: { readonly starts: number[]; readonly ends: number[]; readonly functions: number[] } = {
    starts: [],
    ends: [],
    functions: [],
  };
  /** Each reaches to the next one. */
  private starts = new Float64Array(0);
  /** The number of the innermost function, or NONE. */
  private innermost = new Int32Array(0);

  /** Memory it takes, once it is sealed. */
  get bytes(): number {
    return 256 + this.parents.length * 8 + this.starts.length * 12;
  }

  /**
   * Adds a function that is inlined into another one, whose number is `parent`, or into none (a negative number).
   *
   * @param origin the place in .debug_info that tells its name
   * @returns its number
   */
  add(parent: number, origin: number | undefined): number {
    const number = this.parents.length;
    if (number === MAX_FUNCTIONS) throw new DwarfError('a unit has too many inlined functions');
    (this.parents as number[]).push(parent);
    (this.origins as number[]).push(origin ?? NAMELESS);
    return number;
  }

  addRange(number: number, start: number, end: number): void {
    const { starts, ends, functions } = this.ranges;
    if (starts.length === MAX_RANGES) throw new DwarfError('a unit has too many ranges');
    starts.push(start);
    ends.push(end);
    functions.push(number);
  }

  /** Makes it ready to be searched; nothing is added from then on. */
  seal(): void {
    const { starts, ends, functions } = this.ranges;
    // Those that enclose others were added before them.
    const order = orderOf(starts);
    const pieces = new Pieces();
    for (const i of order) pieces.begin(starts[i]!, ends[i]!, functions[i]!);
    pieces.finish();
    this.starts = Float64Array.from(pieces.starts);
    this.innermost = Int32Array.from(pieces.functions);
    this.parents = Int32Array.from(this.parents);
    this.origins = Uint32Array.from(this.origins);
    this.ranges = { starts: [], ends: [], functions: [] };
  }

  /** Where the names of the functions inlined at `address` are told, innermost first. */
  find(address: number): number[] {
    const { starts, innermost, parents, origins } = this;
    const found: number[] = [];
    let number = innermost[lastUpTo(starts, address)] ?? NONE;
    // Parents have lower numbers: it ends.
    for (let i = 0; number >= 0 && i < MAX_CHAIN; i++) {
      if (origins[number] !== NAMELESS) found.push(origins[number]!);
      number = parents[number]!;
    }
    return found;
  }
}

/** Lays ranges side by side that come in the order of their starts: the one that began last is the innermost. */
class Pieces {
  readonly starts: number[] = [];
  readonly functions: number[] = [];
  private readonly open: { readonly end: number; readonly number: number }[] = [];
  private at = 0;

  begin(start: number, end: number, number: number): void {
    this.advance(start);
    this.at = start;
    this.open.push({ end, number });
  }

  finish(): void {
    this.advance(Number.POSITIVE_INFINITY);
    this.piece(this.at, NONE);
  }

  /** Writes down what lies before `to`. */
  private advance(to: number): void {
    for (let last = this.open.at(-1); last; last = this.open.at(-1)) {
      if (last.end > this.at) {
        if (this.at >= to) return;
        this.piece(this.at, last.number);
        if (last.end > to) return;
        this.at = last.end;
      }
      this.open.pop();
    }
    if (this.at < to) this.piece(this.at, NONE);
  }

  private piece(start: number, number: number): void {
    const { starts, functions } = this;
    // Of no length, or the same as before.
    if (starts.at(-1) === start) {
      functions[functions.length - 1] = number;
      return;
    }
    if (functions.at(-1) === number) return;
    starts.push(start);
    functions.push(number);
  }
}
