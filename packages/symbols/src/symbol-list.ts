import type { Symbols } from './symbol-table.js';

const ROOM = 1024;

/** Symbols of a text, such as /proc/kallsyms, in the order they are added. */
export class SymbolList implements Symbols {
  readonly text: Uint8Array;
  readonly terminator: number;
  count = 0;
  private starts = new Float64Array(ROOM);
  private sizes = new Float64Array(ROOM);
  private ranks = new Uint8Array(ROOM);
  private names = new Uint32Array(ROOM);

  constructor(text: Uint8Array, terminator: number) {
    this.text = text;
    this.terminator = terminator;
  }

  get bytes(): number {
    return this.text.length + this.starts.length * 21;
  }

  add(start: number, size: number, rank: number, nameAt: number): void {
    if (this.count === this.starts.length) this.grow();
    const i = this.count++;
    this.starts[i] = start;
    this.sizes[i] = size;
    this.ranks[i] = rank;
    this.names[i] = nameAt;
  }

  private grow(): void {
    const length = this.starts.length * 2;
    this.starts = copied(this.starts, new Float64Array(length));
    this.sizes = copied(this.sizes, new Float64Array(length));
    this.ranks = copied(this.ranks, new Uint8Array(length));
    this.names = copied(this.names, new Uint32Array(length));
  }

  has(): boolean {
    return true;
  }

  start(index: number): number {
    return this.starts[index]!;
  }

  size(index: number): number {
    return this.sizes[index]!;
  }

  rank(index: number): number {
    return this.ranks[index]!;
  }

  nameAt(index: number): number {
    return this.names[index]!;
  }
}

function copied<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
