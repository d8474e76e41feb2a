import type { LossCounts } from '@skep/core';
import type { ObjectInfo } from './btf/index.js';

/** Members of `struct skep_counts`, in order, as 64-bit words; the struct fills a cache line of 8 words. */
const ATTEMPTED = 0;
const RING_FULL = 1;
const MAP_FULL = 2;
const CUT = 3;
const WORDS = 8;

const HIGH = 2 ** 32;

/** Sums the per-CPU counters that the programs keep in .bss, read in place. */
export class Counters {
  /** Pairs of 32-bit words: a sum is taken for every batch, and BigInts would be most of its cost. */
  private readonly words: Uint32Array;
  private readonly cpus: number;
  private readonly places: ReadonlyMap<string, { readonly first: number; readonly count: number }>;

  /**
   * @param bss the mapped .bss of the loaded object
   * @param cpus possible CPUs of this machine: lines of others are never written
   */
  constructor(info: ObjectInfo, bss: ArrayBuffer, cpus: number) {
    this.words = new Uint32Array(bss);
    this.cpus = cpus;
    const places = new Map<string, { first: number; count: number }>();
    for (const variable of info.variables.values()) {
      const stream = /^skep_counts_(.+)$/.exec(variable.name)?.[1];
      if (stream === undefined) continue;
      places.set(stream, { first: variable.offset / 8, count: variable.size / (WORDS * 8) });
    }
    this.places = places;
  }

  /** Totals of a ring or snapshot over all CPUs. */
  total(name: string): LossCounts {
    const place = this.places.get(name);
    return place ? this.sum(place.first, place.count) : this.sum(0, 0);
  }

  /** Totals of one side (0 or 1) of a snapshot. */
  side(name: string, side: number): LossCounts {
    const place = this.places.get(name);
    if (!place) return this.sum(0, 0);
    const half = place.count / 2;
    return this.sum(place.first + side * half * WORDS, half);
  }

  /** Events of a ring or snapshot that were dropped so far, exact up to 2^53. */
  lost(name: string): number {
    const place = this.places.get(name);
    return place ? this.word(place.first, place.count, RING_FULL) + this.word(place.first, place.count, MAP_FULL) : 0;
  }

  private sum(first: number, count: number): LossCounts {
    const total = (word: number) => BigInt(this.word(first, count, word));
    return { attempted: total(ATTEMPTED), ringFull: total(RING_FULL), mapFull: total(MAP_FULL), cut: total(CUT) };
  }

  private word(first: number, count: number, word: number): number {
    const { words } = this;
    let total = 0;
    for (let cpu = 0; cpu < count && cpu < this.cpus; cpu++) {
      const at = (first + cpu * WORDS + word) * 2;
      total += words[at]! + words[at + 1]! * HIGH;
    }
    return total;
  }
}
