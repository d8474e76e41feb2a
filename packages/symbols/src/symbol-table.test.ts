import { describe, expect, it } from 'vitest';
import { SymbolList } from './symbol-list.js';
import { type Preference, SymbolTable } from './symbol-table.js';

type Entry = readonly [name: string, start: number, size?: number, rank?: number];

function tableOf(entries: readonly Entry[], preference?: Preference): SymbolTable {
  const text = Buffer.from(entries.map(([name]) => `${name}\0`).join(''));
  const symbols = new SymbolList(text, 0);
  let at = 0;
  for (const [name, start, size = 0, rank = 0] of entries) {
    symbols.add(start, size, rank, at);
    at += Buffer.byteLength(name) + 1;
  }
  return new SymbolTable(symbols, preference);
}

describe('a table of symbols', () => {
  it('finds what holds an address, in whatever order it was given', () => {
    const table = tableOf([
      ['last', 300],
      ['first', 100, 10],
      ['second', 200],
    ]);
    expect([99, 100, 109, 110, 200, 299, 1000].map((at) => table.find(at))).toEqual([
      undefined,
      { name: 'first', offset: 0 },
      { name: 'first', offset: 9 },
      undefined,
      { name: 'second', offset: 0 },
      { name: 'second', offset: 99 },
      { name: 'last', offset: 700 },
    ]);
  });

  it('finds nothing in an empty one', () => {
    expect(tableOf([]).find(1)).toBeUndefined();
  });

  it.each<[string, Preference, string]>([
    ['the lowest rank, then fewest underscores, then the shortest name', 'plainest', 'open'],
    ['the lowest rank, then the first', 'first', '__open'],
  ])('prefers %s', (_, preference, name) => {
    const table = tableOf(
      [
        ['op', 100, 0, 1],
        ['__open', 100],
        ['open64', 100],
        ['open', 100],
        ['next', 200],
      ],
      preference,
    );
    expect(table.find(150)?.name).toBe(name);
    expect(table.find(160)?.name).toBe(name);
  });

  it('finds what a search through all of them finds, close together or far apart', () => {
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (const range of [2 ** 12, 2 ** 30, 2 ** 41, 2 ** 52]) {
      const entries = Array.from(
        { length: 2000 },
        (_, i): Entry => [`f${i}`, random(range), random(3) * random(range)],
      );
      const table = tableOf(entries, 'first');
      for (let i = 0; i < 500; i++) {
        const at = random(range);
        const start = Math.max(...entries.map(([, one]) => (one <= at ? one : -1)));
        const entry = entries.find(([, one]) => one === start);
        const isIn = entry && (entry[2] === 0 || at < start + entry[2]!);
        expect(table.find(at)).toEqual(isIn ? { name: entry[0], offset: at - start } : undefined);
      }
    }
  });

  it('compares names of one place only so far, and cuts those without an end', () => {
    const text = new Uint8Array(1 << 20).fill(0x61);
    const symbols = new SymbolList(text, 0);
    for (let i = 0; i < 1 << 16; i++) symbols.add(100, 0, 0, i);
    expect(new SymbolTable(symbols).find(100)?.name).toBe('a'.repeat(4096));
  });
});
