import type { LossCounts } from '@skep/core';
import type { ObjectInfo } from './btf/index.js';

/** Members of `struct skep_counts`, in order, as 64-bit words; the struct fills a cache line of 8 words. */
const ATTEMPTED = 0;
const RING_FULL = 1;
const MAP_FULL = 2;
const CUT = 3;
const WORDS = 8;

/** Sums the per-CPU counters that the programs keep in .bss, read in place. */
export class Counters {
  private readonly words: BigUint64Array;
  private readonly places: ReadonlyMap<string, { readonly first: number; readonly count: number }>;

  /** @param bss the mapped .bss of the loaded object */
  constructor(info: ObjectInfo, bss: ArrayBuffer) {
    this.words = new BigUint64Array(bss);
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

  private sum(first: number, count: number): LossCounts {
    const totals = [0n, 0n, 0n, 0n];
    for (let i = 0; i < count; i++) {
      for (let w = 0; w < 4; w++) totals[w]! += Atomics.load(this.words, first + i * WORDS + w);
    }
    return {
      attempted: totals[ATTEMPTED]!,
      ringFull: totals[RING_FULL]!,
      mapFull: totals[MAP_FULL]!,
      cut: totals[CUT]!,
    };
  }
}
