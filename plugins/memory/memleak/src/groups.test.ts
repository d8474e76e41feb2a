import { describe, expect, it } from 'vitest';
import { gatherAllocations, gatherTotals } from './groups.js';

/** As a map gives them: address, and struct memleak_alloc. */
function allocations(
  ...rows: readonly [address: bigint, size: bigint, time: bigint, stack: bigint, kind: number, generation: number][]
) {
  const keys = new BigUint64Array(rows.map(([address]) => address));
  const values = new BigUint64Array(
    rows.flatMap(([, size, time, stack, kind, generation]) => [
      size,
      time,
      stack,
      BigInt(kind) | (BigInt(generation) << 32n),
    ]),
  );
  return { count: rows.length, keys: new Uint8Array(keys.buffer), values: new Uint8Array(values.buffer), stride: 32 };
}

describe('allocations', () => {
  const entries = allocations(
    [0x10n, 100n, 5n, 8n, 0, 1],
    [0x20n, 2n ** 40n, 3n, 8n, 0, 1],
    [0x30n, 7n, 4n, 8n, 2, 1],
    [0x40n, 9n, 99n, 10n, 0, 1],
    [0x50n, 9n, 1n, 12n, 0, 0],
  );

  it('are added up by stack and function, without those that are too young', () => {
    const { groups, live, gone } = gatherAllocations(entries, 1, 50, false);
    expect(groups).toEqual([
      { stack: 8n, allocator: 0, bytes: 2 ** 40 + 100, count: 2, oldestNs: 3 },
      { stack: 8n, allocator: 2, bytes: 7, count: 1, oldestNs: 4 },
    ]);
    expect([...live]).toEqual([8n, 10n]);
    expect(gone).toEqual([4]);
  });

  it('are listed when that is asked for', () => {
    expect(gatherAllocations(entries, 1, 50, true).old).toEqual([0, 1, 2]);
    expect(gatherAllocations(entries, 1, 50, false).old).toEqual([]);
  });
});

it('totals that nothing is left of, and those of a program before, are gone', () => {
  const keys = new BigUint64Array([8n, 1n << 32n, 10n, (1n << 32n) | 2n, 12n, 0n]);
  const values = new BigUint64Array([0n, 0n, 300n, 3n, 5n, 1n]);
  const entries = { count: 3, keys: new Uint8Array(keys.buffer), values: new Uint8Array(values.buffer), stride: 16 };
  const { groups, live, gone } = gatherTotals(entries, 1);
  expect(groups).toEqual([{ stack: 10n, allocator: 2, bytes: 300, count: 3, oldestNs: 0 }]);
  expect([...live]).toEqual([10n]);
  expect(gone).toEqual([0, 2]);
});
