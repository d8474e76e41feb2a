import type { LossCounts } from '@skep/core';
import type { Counters } from './counters.js';
import { epochOf, sideOf } from './epoch.js';
import type { Entries } from './map.js';
import { rcuGracePeriod } from './native/libc.js';
import type { BpfObject } from './object.js';
import { STACK_MAPS, type StackAddresses, stackAddresses } from './stacks.js';

/** What one side of a snapshot held when it was taken. */
export interface Taken {
  readonly entries: Entries;
  readonly timeNs: bigint;
  readonly intervalNs: bigint;
  readonly complete: boolean;
  /** Stacks that the entries name by their ids. */
  readonly stacks?: StackAddresses;
}

/**
 * Takes the maps of a `SKEP_SNAPSHOT` at intervals, losing nothing in between: programs are sent to the other side, a
 * grace period later nobody can be writing to this one, and it is read and emptied.
 */
export class Snapshots {
  private readonly names: readonly string[];
  private readonly object: BpfObject;
  private readonly counters: Counters;
  private readonly epoch: Uint32Array;
  private lastNs: bigint;
  private readonly mapFull: Map<string, bigint> = new Map();
  private readonly covered: Map<string, bigint> = new Map();
  private readonly hasStacks: boolean;

  /** @param bss the mapped .bss, which holds `skep_epoch` */
  constructor(object: BpfObject, counters: Counters, bss: ArrayBuffer, nowNs: bigint) {
    this.object = object;
    this.counters = counters;
    this.hasStacks = object.info.maps.includes(STACK_MAPS[0]);
    this.names = [...object.info.snapshots.keys()];
    this.epoch = epochOf(object.info, bss);
    this.lastNs = nowNs;
  }

  /** Everything counted since the last time, by snapshot. The caller does not call again before it settles. */
  async take(nowNs: () => bigint): Promise<ReadonlyMap<string, Taken>> {
    const side = sideOf(this.epoch);
    Atomics.store(this.epoch, 0, side ^ 1);
    const timeNs = nowNs();
    const intervalNs = timeNs - this.lastNs;
    this.lastNs = timeNs;
    await rcuGracePeriod();
    const taken = new Map<string, Taken>();
    const stacks = this.hasStacks ? stackAddresses(this.object.map(STACK_MAPS[side]).entries(true)) : undefined;
    for (const name of this.names) {
      const entries = this.object.map(`${name}_${side}`).entries(true);
      const complete = this.account(name, side);
      taken.set(name, { entries, timeNs, intervalNs, complete, ...(stacks ? { stacks } : {}) });
    }
    return taken;
  }

  /** Updates covered by the snapshots taken so far. */
  coveredUpdates(name: string): bigint {
    return (this.covered.get(`${name}0`) ?? 0n) + (this.covered.get(`${name}1`) ?? 0n);
  }

  /** True when no update was refused on that side since it was last taken. */
  private account(name: string, side: number): boolean {
    const key = `${name}${side}`;
    const { attempted, mapFull }: LossCounts = this.counters.side(name, side);
    const complete = mapFull === (this.mapFull.get(key) ?? 0n);
    this.mapFull.set(key, mapFull);
    this.covered.set(key, attempted - mapFull);
    return complete;
  }
}
