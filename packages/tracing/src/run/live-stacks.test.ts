import type { Entries, KernelMap } from '@skep/libbpf';
import { expect, it } from 'vitest';
import { LiveStacks } from './live-stacks.js';

/** A map in plain memory: what `LiveStacks` uses of one. */
class PlainMap {
  readonly stacks = new Map<bigint, readonly bigint[]>();

  lookup(key: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const found = this.stacks.get(new BigUint64Array(key.slice().buffer)[0]!);
    return found && new Uint8Array(new BigUint64Array([...found, 0n]).buffer);
  }

  entries(remove: boolean): Entries {
    if (remove) this.stacks.clear();
    return { count: 0, keys: new Uint8Array(0), values: new Uint8Array(0), stride: 8 };
  }
}

it('remembers the stacks of what is outstanding, and empties the map that programs have left', () => {
  const maps = [new PlainMap(), new PlainMap()] as const;
  const epoch = new Uint32Array(1);
  const stacks = new LiveStacks(maps as unknown as KernelMap[], epoch);
  maps[0].stacks.set(2n, [0x10n, 0x20n]).set(4n, [0x30n]);
  stacks.turn(new Set([2n]));
  // A program that began before may still add to side 0.
  expect(epoch[0]).toBe(1);
  expect(maps[0].stacks.size).toBe(2);
  maps[1].stacks.set(7n, [0x40n]);
  stacks.turn(new Set([2n, 7n]));
  expect(epoch[0]).toBe(0);
  expect(maps[0].stacks.size).toBe(0);
  expect([...stacks.addresses(2n)!]).toEqual([0x10n, 0x20n]);
  expect([...stacks.addresses(7n)!]).toEqual([0x40n]);
  expect(stacks.addresses(4n)).toBeUndefined();
  stacks.turn(new Set());
  expect(stacks.addresses(2n)).toBeUndefined();
});
