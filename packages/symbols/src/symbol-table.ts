/** A symbol found for an address. */
export interface FoundSymbol {
  readonly name: string;
  /** Bytes from the start of the symbol. */
  readonly offset: number;
}

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder();

/**
 * Names of ranges of addresses, found by binary search. Addresses are numbers: exact below 2^53, so whoever has higher
 * ones (the kernel) subtracts a base.
 */
export class SymbolTable {
  private readonly starts: Float64Array;
  private readonly sizes: Float64Array;
  private readonly nameEnds: Uint32Array;
  private readonly names: Uint8Array;

  constructor(starts: Float64Array, sizes: Float64Array, nameEnds: Uint32Array, names: Uint8Array) {
    this.starts = starts;
    this.sizes = sizes;
    this.nameEnds = nameEnds;
    this.names = names;
  }

  get size(): number {
    return this.starts.length;
  }

  /** Memory it takes. */
  get bytes(): number {
    return this.size * 20 + this.names.length;
  }

  /** The symbol that holds `address`: the last one that starts at or before it, if it reaches that far. */
  find(address: number): FoundSymbol | undefined {
    const { starts } = this;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    if (index < 0) return undefined;
    const offset = address - starts[index]!;
    const size = this.sizes[index]!;
    return size !== 0 && offset >= size ? undefined : { name: this.nameAt(index), offset };
  }

  private nameAt(index: number): string {
    return utf8.decode(this.names.subarray(index === 0 ? 0 : this.nameEnds[index - 1]!, this.nameEnds[index]!));
  }
}

/** Collects symbols in any order; of those with one address the best is kept. */
export class SymbolTableBuilder {
  private starts = new Float64Array(1024);
  private sizes = new Float64Array(1024);
  private ranks = new Uint8Array(1024);
  private nameStarts = new Uint32Array(1024);
  private nameLengths = new Uint32Array(1024);
  private readonly text: Uint8Array;
  private count = 0;

  /** @param text where names lie: a string table, or the text of a file */
  constructor(text: Uint8Array) {
    this.text = text;
  }

  add(start: number, size: number, rank: number, nameAt: number, nameLength: number): void {
    if (this.count === this.starts.length) this.grow();
    const i = this.count++;
    this.starts[i] = start;
    this.sizes[i] = size;
    this.ranks[i] = rank;
    this.nameStarts[i] = nameAt;
    this.nameLengths[i] = nameLength;
  }

  private grow(): void {
    const twice = <T extends Float64Array | Uint8Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const length = this.starts.length * 2;
    this.starts = twice(this.starts, new Float64Array(length));
    this.sizes = twice(this.sizes, new Float64Array(length));
    this.ranks = twice(this.ranks, new Uint8Array(length));
    this.nameStarts = twice(this.nameStarts, new Uint32Array(length));
    this.nameLengths = twice(this.nameLengths, new Uint32Array(length));
  }

  /** @param byName false: of one address the first added is kept, whatever it is called */
  build(byName = true): SymbolTable {
    const order = byName ? this.order() : this.orderOfAddresses();
    const kept: number[] = [];
    for (const i of order) {
      if (kept.length > 0 && this.starts[kept.at(-1)!] === this.starts[i]) continue;
      kept.push(i);
    }
    const starts = Float64Array.from(kept, (i) => this.starts[i]!);
    const sizes = Float64Array.from(kept, (i) => this.sizes[i]!);
    const nameEnds = new Uint32Array(kept.length);
    const names = new Uint8Array(kept.reduce((sum, i) => sum + this.nameLengths[i]!, 0));
    let end = 0;
    for (const [k, i] of kept.entries()) {
      const from = this.nameStarts[i]!;
      names.set(this.text.subarray(from, from + this.nameLengths[i]!), end);
      end += this.nameLengths[i]!;
      nameEnds[k] = end;
    }
    return new SymbolTable(starts, sizes, nameEnds, names);
  }

  private orderOfAddresses(): Uint32Array {
    const { starts } = this;
    return Uint32Array.from({ length: this.count }, (_, i) => i).sort((a, b) => starts[a]! - starts[b]! || a - b);
  }

  /** By address, and the best name first. */
  private order(): Uint32Array {
    const { starts, ranks } = this;
    const order = Uint32Array.from({ length: this.count }, (_, i) => i);
    return order.sort(
      (a, b) => starts[a]! - starts[b]! || ranks[a]! - ranks[b]! || this.plainness(a) - this.plainness(b) || a - b,
    );
  }

  /** `open` before `__open64`: fewest leading underscores, then the shortest. */
  private plainness(i: number): number {
    const from = this.nameStarts[i]!;
    const name = latin1.decode(this.text.subarray(from, from + this.nameLengths[i]!));
    return (name.length - name.replace(/^_+/, '').length) * 4096 + name.length;
  }
}
