import type { BatchBuilder, Clock, Decoder, KernelMemory } from '@skep/core';
import type { Taken } from './snapshots.js';
import type { NamedStack } from './stacks.js';

/** Listens to a probe: told what came from the kernel, before it is decoded. What it is given is valid during the call. */
export interface Tap {
  /** Records of a ring: record r lies at `starts[r] .. ends[r]` of the memory; `clock` is what their times are told by. */
  events(memory: KernelMemory, starts: Uint32Array, ends: Uint32Array, rows: number, clock: Clock): void;
  /** Entries of a snapshot, and how many updates the snapshots have covered with it. */
  snapshot(taken: Taken, covered: bigint): void;
  /** A stack of what was told last; each one once in a drain. */
  stack(stack: NamedStack): void;
}

/** A decoder that tells `tap` of everything it is given. `make` builds the decoder for a clock. */
export function tapped(tap: Tap, clock: () => Clock, make: (clock: () => Clock) => Decoder): Decoder {
  let now = clock();
  const decoder = make(() => now);
  return {
    fields: decoder.fields,
    decode(memory: KernelMemory, starts: Uint32Array, ends: Uint32Array, rows: number, into: BatchBuilder) {
      now = clock();
      tap.events(memory, starts, ends, rows, now);
      decoder.decode(memory, starts, ends, rows, into);
    },
  };
}
