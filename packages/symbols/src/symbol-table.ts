import { orderOf } from './order.js';

/** A symbol found for an address. */
export interface FoundSymbol {
  readonly name: string;
  /** Bytes from the start of the symbol. */
  readonly offset: number;
}

/** Symbols by index, read where they lie. Names lie in `text`, each before a byte `terminator` or the end. */
export interface Symbols {
  readonly count: number;
  readonly text: Uint8Array;
  readonly terminator: number;
  /** Memory they take. */
  readonly bytes: number;
  /** Whether this one counts. */
  has(index: number): boolean;
  /** A whole number. */
  start(index: number): number;
  /** In bytes; 0 when it is not known. */
  size(index: number): number;
  /** Of symbols that start in one place those of the lowest rank are taken. */
  rank(index: number): number;
  nameAt(index: number): number;
}

/** Which of several symbols of one place and rank is taken: the plainest name, or the first one. */
export type Preference = 'plainest' | 'first';

/** Longer names are cut: a text without terminators would be searched to its end for every one. */
const MAX_NAME = 4096;
const UNDERSCORE = 0x5f;

const utf8 = new TextDecoder();

/**
 * Names of ranges of addresses, found by binary search. Addresses are numbers: exact below 2^53, so whoever has higher
 * ones (the kernel) subtracts a base.
 *
 * Of a table of a hundred thousand symbols a few hundred are asked for, and most tables are read once in a process's
 * life, before the compiler has warmed up to it. So nothing is done for each symbol but what sorting needs, and that
 * when the first address is asked for.
 */
export class SymbolTable {
  private readonly symbols: Symbols;
  private readonly preference: Preference;
  private sorted: Uint32Array | undefined;
  /** Of symbols with one start the taken one, by the place of the last of them in `sorted`. */
  private readonly taken = new Map<number, number>();
  /** Bytes of names that may still be compared: they may all end in the same long one. */
  private budget: number;

  constructor(symbols: Symbols, preference: Preference = 'plainest') {
    this.symbols = symbols;
    this.preference = preference;
    this.budget = symbols.text.length * 4;
  }

  /** Memory it takes. */
  get bytes(): number {
    return this.symbols.bytes + this.symbols.count * 4;
  }

  /** The symbol that holds `address`: the last one that starts at or before it, if it reaches that far. */
  find(address: number): FoundSymbol | undefined {
    const { symbols } = this;
    this.sorted ??= sortedByStart(symbols);
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (symbols.start(this.sorted[middle]!) <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const index = this.takenOf(this.sorted, low - 1);
    const offset = address - symbols.start(index);
    const size = symbols.size(index);
    return size !== 0 && offset >= size ? undefined : { name: this.nameOf(index), offset };
  }

  /** Of the symbols that start where the one at `last` does. */
  private takenOf(sorted: Uint32Array, last: number): number {
    const { symbols } = this;
    const start = symbols.start(sorted[last]!);
    if (last === 0 || symbols.start(sorted[last - 1]!) !== start) return sorted[last]!;
    const known = this.taken.get(last);
    if (known !== undefined) return known;
    let first = last;
    while (first > 0 && symbols.start(sorted[first - 1]!) === start) first--;
    let taken = sorted[first]!;
    for (let i = first + 1; i <= last; i++) if (this.isBetter(sorted[i]!, taken)) taken = sorted[i]!;
    this.taken.set(last, taken);
    return taken;
  }

  /** Of equals the earlier one stays. */
  private isBetter(index: number, than: number): boolean {
    const [rank, other] = [this.symbols.rank(index), this.symbols.rank(than)];
    if (rank !== other || this.preference === 'first') return rank < other;
    return this.plainness(index) < this.plainness(than);
  }

  /** `open` before `__open64`: fewest leading underscores, then the shortest. */
  private plainness(index: number): number {
    if (this.budget <= 0) return Number.POSITIVE_INFINITY;
    const length = this.nameLength(index);
    this.budget -= length;
    const from = this.symbols.nameAt(index);
    let underscores = 0;
    while (underscores < length && this.symbols.text[from + underscores] === UNDERSCORE) underscores++;
    return underscores * MAX_NAME + length;
  }

  private nameOf(index: number): string {
    const from = this.symbols.nameAt(index);
    return utf8.decode(this.symbols.text.subarray(from, from + this.nameLength(index)));
  }

  private nameLength(index: number): number {
    const { text, terminator } = this.symbols;
    const from = this.symbols.nameAt(index);
    const end = Math.min(from + MAX_NAME, text.length);
    let at = from;
    while (at < end && text[at] !== terminator) at++;
    return at - from;
  }
}

/** Indexes of the symbols that count, by their starts; those of one start in the order they have. */
function sortedByStart(symbols: Symbols): Uint32Array {
  const { count } = symbols;
  const indexes = new Uint32Array(count);
  const starts = new Float64Array(count);
  let found = 0;
  for (let i = 0; i < count; i++) {
    if (!symbols.has(i)) continue;
    starts[found] = symbols.start(i);
    indexes[found++] = i;
  }
  const order = orderOf(starts.subarray(0, found));
  for (let i = 0; i < found; i++) order[i] = indexes[order[i]!]!;
  return order;
}
