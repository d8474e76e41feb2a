import { expect, it } from 'vitest';
import { boundsOf, histogramText } from './histogram.js';
import { parseLayout } from './layout/layout.js';

it.each([
  [0n, 0n, 1n],
  [1n, 0n, 1n],
  [2n, 2n, 3n],
  [11n, 1024n, 2047n],
  [64n, 2n ** 63n, 2n ** 64n - 1n],
  [2n ** 60n, 2n ** 63n, 2n ** 64n - 1n],
])('slot %s of bpf_log2l() counts values from %s to %s', (slot, low, high) => {
  expect(boundsOf(slot, 'log2')).toEqual({ low, high });
});

it('a table whose key is a struct is a histogram for each value of its first members', () => {
  const key = parseLayout('["k", [["disk","char", [8]], ["slot","unsigned long long"] ], "struct"]');
  const entries = [
    [{ disk: 'vda', slot: 3n }, 2n],
    [{ disk: 'v\x1bb', slot: 1n }, 1n],
  ] as const;
  const text = histogramText({ name: 't', key, entries }, 'log2', { unit: 'usecs', label: 'Disk' });
  expect(text).toContain('\nDisk = vda\n     usecs               : count     distribution\n');
  expect(text).not.toContain('\x1b');
});
