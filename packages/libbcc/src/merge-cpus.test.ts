import { expect, it } from 'vitest';
import { parseLayout } from './layout/layout.js';
import { bytesOf, readValue, type Value } from './layout/values.js';
import { mergeCpus } from './merge-cpus.js';

const LEAF = `["leaf", [["n","unsigned long long"], ["big","unsigned long long", [20]], ["in",["", [["x","int"] ], "struct"]],
  ["name","char", [8]], ["low","unsigned int", 3], ["high","unsigned int", 5], ["flags","_Bool", [2]] ], "struct"]`;

/** The value that some CPUs have together. */
function merged(json: string, perCpu: readonly Value[]): Value {
  const layout = parseLayout(json);
  const size = Math.ceil(layout.size / 8) * 8;
  const all = new Uint8Array(size * perCpu.length);
  for (const [cpu, value] of perCpu.entries()) all.set(bytesOf(layout, value, 'value'), cpu * size);
  return readValue(layout, mergeCpus(layout, all, size));
}

it('adds up integers wherever they are: in long arrays, nested structs and bit fields', () => {
  const big = Array.from({ length: 20 }, (_, i) => BigInt(i));
  const one = { n: 2n ** 63n, big, in: { x: -3 }, name: '', low: 5, high: 17, flags: [false, true] };
  const two = { n: 2n ** 63n + 1n, big, in: { x: 1 }, name: 'second', low: 6, high: 1, flags: [false, false] };
  expect(merged(LEAF, [one, two])).toEqual({
    n: 1n,
    big: big.map((n) => n * 2n),
    in: { x: -2 },
    name: 'second',
    low: 3,
    high: 18,
    flags: [false, true],
  });
});

it('gives the value of the only CPU, and of none that counted', () => {
  expect(merged('"int"', [-7])).toBe(-7);
  expect(merged('"unsigned short"', [0, 0, 0])).toBe(0);
});
