import type { LossCounts } from '@skep/core';
import type { ObjectInfo } from './btf/index.js';

/** Members of `struct skep_counts`, in order, as 64-bit words; the struct fills a cache line of 8 words. */
const ATTEMPTED = 0;
const RING_FULL = 1;
const MAP_FULL = 2;
const CUT = 3;
const WORDS = 8;

const HIGH = 2 ** 32;

/** Where the lines of a stream are: `count` of them for each side, one per CPU. */
interface Place {
  /** In 64-bit words. */
  readonly first: number;
  readonly count: number;
  readonly sides: number;
}

/** Sums the per-CPU counters that the programs keep in .bss, read in place. */
export class Counters {
  /** Pairs of 32-bit words: a sum is taken for every batch, and BigInts would be most of its cost. */
  private readonly words: Uint32Array;
  private readonly cpus: number;
  private readonly places: ReadonlyMap<string, Place>;

  /**
   * @param bss the mapped .bss of the loaded object
   * @param cpus possible CPUs of this machine: lines of others are never written
   */
  constructor(info: ObjectInfo, bss: ArrayBuffer, cpus: number) {
    this.words = new Uint32Array(bss);
    this.cpus = cpus;
    const places = new Map<string, Place>();
    for (const variable of info.variables.values()) {
      const stream = /^skep_counts_(.+)$/.exec(variable.name)?.[1];
      if (stream === undefined) continue;
      const sides = info.snapshots.has(stream) ? 2 : 1;
      places.set(stream, { first: variable.offset / 8, count: variable.size / (WORDS * 8) / sides, sides });
    }
    this.places = places;
  }

  /** Totals of a ring or snapshot over all CPUs. */
  total(name: string): LossCounts {
    const place = this.places.get(name);
    return this.counts(place, place ? [...Array(place.sides).keys()] : []);
  }

  /** Totals of one side (0 or 1) of a snapshot. */
  side(name: string, side: number): LossCounts {
    return this.counts(this.places.get(name), [side]);
  }

  /** All 64 bits: asked for at the end and by whoever looks, not for every batch. */
  private counts(place: Place | undefined, sides: readonly number[]): LossCounts {
    const total = (word: number): bigint => {
      let sum = 0n;
      if (place) for (const side of sides) for (const at of this.lines(place, side, word)) sum += this.exact(at);
      return sum;
    };
    return { attempted: total(ATTEMPTED), ringFull: total(RING_FULL), mapFull: total(MAP_FULL), cut: total(CUT) };
  }

  private exact(at: number): bigint {
    return BigInt(this.words[at]!) | (BigInt(this.words[at + 1]!) << 32n);
  }

  /** Events of a ring or snapshot that were dropped so far, exact up to 2^53. */
  lost(name: string): number {
    const place = this.places.get(name);
    return place ? this.word(place, RING_FULL) + this.word(place, MAP_FULL) : 0;
  }

  private word(place: Place, word: number): number {
    let total = 0;
    for (let side = 0; side < place.sides; side++) {
      for (const at of this.lines(place, side, word)) total += this.words[at]! + this.words[at + 1]! * HIGH;
    }
    return total;
  }

  /** Where that word of each CPU's line of a side is, as an index of `words`. */
  private lines({ first, count }: Place, side: number, word: number): number[] {
    const cpus = Math.min(count, this.cpus);
    return Array.from({ length: cpus }, (_, cpu) => (first + (side * count + cpu) * WORDS + word) * 2);
  }
}
