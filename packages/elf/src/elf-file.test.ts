import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { image, strings, symbol } from './image-fixture.js';
import { addressOf, ElfError, ElfFile, FileSource, MemorySource, SHT } from './index.js';

const texts = strings(['', 'first', 'second', 'theirs', 'counter']);
const FUNC = 0x12;
const OBJECT = 0x11;
const table = Buffer.concat([
  symbol(0, 0, 0, 0n, 0n),
  symbol(texts.at('first'), FUNC, 1, 0x400100n, 16n),
  symbol(texts.at('second'), 0x2a, 1, 0x7fff_ffff_f000n, 2n ** 33n),
  symbol(texts.at('theirs'), FUNC, 0, 0n, 0n),
  symbol(texts.at('counter'), OBJECT, 2, 0x400200n, 8n),
]);

const PROGRAM = image([
  { name: '.text', type: 1, flags: 4, address: 0x400100, data: Uint8Array.of(0x90, 0xc3) },
  { name: '.symtab', type: SHT.SYMTAB, link: 3, info: 1, data: table },
  { name: '.strtab', type: 3, data: texts.bytes },
]);

const read = (bytes: Uint8Array) => new ElfFile(new MemorySource(bytes));

/** The program with a number of 8, 4 or 2 bytes changed. */
function lying(at: number, value: bigint, bytes: 2 | 4 | 8): Uint8Array {
  const copy = PROGRAM.slice();
  const view = new DataView(copy.buffer);
  if (bytes === 8) view.setBigUint64(at, value, true);
  else if (bytes === 4) view.setUint32(at, Number(value), true);
  else view.setUint16(at, Number(value), true);
  return copy;
}

const sectionsAt = Number(new DataView(PROGRAM.buffer).getBigUint64(40, true));
const sectionAt = (index: number) => sectionsAt + index * 64;

describe('a file', () => {
  const file = read(PROGRAM);

  it('has its sections and their bytes', () => {
    expect(file.sections.map(({ name }) => name)).toEqual(['', '.text', '.symtab', '.strtab', '.shstrtab']);
    const text = file.section('.text')!;
    expect(text).toMatchObject({ index: 1, type: 1, isCode: true, address: 0x400100, size: 2 });
    expect([...file.data(text)]).toEqual([0x90, 0xc3]);
    expect(file.section('.symtab')).toMatchObject({ isCode: false, link: 3, info: 1 });
    expect(file.section('.data')).toBeUndefined();
  });

  it('has the symbols of a table, by index', () => {
    const symbols = file.symbols(file.section('.symtab')!);
    const all = Array.from({ length: symbols.count }, (_, i) => i);
    expect(all.map((i) => symbols.name(i))).toEqual(['', 'first', 'second', 'theirs', 'counter']);
    expect(all.map((i) => symbols.value(i))).toEqual([0, 0x400100, 0x7fff_ffff_f000, 0, 0x400200]);
    expect(all.map((i) => symbols.size(i))).toEqual([0, 16, 2 ** 33, 0, 8]);
    expect(all.map((i) => symbols.type(i))).toEqual([0, 2, 10, 2, 1]);
    expect(all.map((i) => symbols.binding(i))).toEqual([0, 1, 2, 1, 1]);
    expect(all.map((i) => symbols.section(i))).toEqual([0, 1, 1, 0, 2]);
    expect(all.filter((i) => symbols.isFunction(i))).toEqual([1, 2]);
  });

  it('has the same symbols wherever it lies in memory', () => {
    const moved = new Uint8Array(PROGRAM.length + 1);
    moved.set(PROGRAM, 1);
    const odd = read(moved.subarray(1));
    const symbols = odd.symbols(odd.section('.symtab')!);
    expect([symbols.name(1), symbols.value(1), symbols.isFunction(1)]).toEqual(['first', 0x400100, true]);
  });

  it('has places for addresses, and addresses for places', () => {
    expect([0x400000, 0x400fff, 0x401000, 0x3fffff].map((at) => file.offsetOf(at))).toEqual([
      0,
      0xfff,
      undefined,
      undefined,
    ]);
    expect([0, 0xfff, 0x1000].map((at) => addressOf(file.segments, at))).toEqual([0x400000, 0x400fff, undefined]);
  });
});

describe('a file that lies', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing at all', new Uint8Array(0), /no 64-bit little-endian ELF file/],
    ['a header cut off', PROGRAM.slice(0, 63), /no 64-bit little-endian ELF file/],
    ['the header alone', PROGRAM.slice(0, 64), /headers run past its end/],
    ['a file of 32 bits', lying(4, 0x101n, 2), /no 64-bit/],
    ['a big-endian file', lying(4, 0x202n, 2), /no 64-bit/],
    ['sections behind the end', lying(40, BigInt(PROGRAM.length), 8), /headers run past its end/],
    ['sections beyond all numbers', lying(40, 2n ** 64n - 1n, 8), /headers run past its end/],
    ['more sections than there are', lying(60, 0xffffn, 2), /headers run past its end/],
    ['sections of no size', lying(58, 0n, 2), /headers are too small/],
    ['segments behind the end', lying(32, 2n ** 63n, 8), /headers run past its end/],
    ['segments of one byte', lying(54, 1n, 2), /headers are too small/],
  ])('is refused: %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(ElfError);
    expect(() => read(bytes)).toThrow(message);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['begins behind the end', lying(sectionAt(2) + 24, 2n ** 62n, 8), /section .symtab runs past its end/],
    ['is longer than the file', lying(sectionAt(2) + 32, 1n << 20n, 8), /section .symtab runs past its end/],
    ['is longer than any', lying(sectionAt(2) + 32, 2n ** 64n - 1n, 8), /section .symtab of \d+ bytes is too large/],
    ['has no names', lying(sectionAt(2) + 40, 77n, 4), /section .symtab has no names/],
    ['has names behind the end', lying(sectionAt(3) + 24, 2n ** 40n, 8), /section .strtab runs past its end/],
  ])('is refused when its table of symbols %s', (_, bytes, message) => {
    const file = read(bytes);
    expect(() => file.symbols(file.section('.symtab')!)).toThrow(message);
  });

  it('has sections without names when the table of them is none', () => {
    for (const bytes of [lying(62, 0xffffn, 2), lying(sectionAt(4) + 24, 2n ** 50n, 8)])
      expect(read(bytes).sections.map(({ name, type }) => [name, type])).toContainEqual(['', SHT.SYMTAB]);
  });

  it('has symbols without names when those lie elsewhere', () => {
    const at = read(PROGRAM).section('.symtab')!.offset + 24;
    const file = read(lying(at, 0xffffffffn, 4));
    const symbols = file.symbols(file.section('.symtab')!);
    expect([symbols.name(1), symbols.name(2)]).toEqual(['', 'second']);
  });

  it('gives no bytes of what is only in memory, whatever its size', () => {
    const bytes = lying(sectionAt(2) + 4, BigInt(SHT.NOBITS), 4);
    new DataView(bytes.buffer).setBigUint64(sectionAt(2) + 32, 2n ** 60n, true);
    const file = read(bytes);
    expect(file.data(file.section('.symtab')!)).toHaveLength(0);
  });

  it('is read up to the limit of whoever asks', () => {
    const file = read(PROGRAM);
    expect(() => file.symbols(file.section('.symtab')!, 32)).toThrow(/section .symtab of 120 bytes is too large/);
  });

  it('is refused or read at whatever byte it is cut off', () => {
    const outcomes = new Set<string>();
    for (let length = 0; length <= PROGRAM.length; length++) {
      try {
        const file = read(PROGRAM.slice(0, length));
        for (const section of file.sections) file.data(section);
        outcomes.add('read');
      } catch (error) {
        outcomes.add(error instanceof ElfError ? 'refused' : String(error));
      }
    }
    expect([...outcomes].sort()).toEqual(['read', 'refused']);
  });
});

describe.skipIf(spawnSync('readelf', ['--version']).error)('a library of this machine', () => {
  const path = /\S*\/libc\.so\S*|\S*\/libc-\S+\.so/.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0];

  it.skipIf(path === undefined)('has the symbols that readelf shows', () => {
    const source = new FileSource(path!);
    const file = new ElfFile(source);
    const symbols = file.symbols(file.sections.find(({ type }) => type === SHT.DYNSYM)!);
    source.close();
    const shown = spawnSync('readelf', ['--dyn-syms', '-W', path!], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const lines = [...shown.stdout.matchAll(/^ *\d+: ([0-9a-f]+) +(\d+) (\S+).*? (?:(\S+?)(?:@.*)?)?$/gm)];
    expect(lines.length).toBe(symbols.count);
    const ours = lines.map((_, i) => [symbols.value(i), symbols.size(i), symbols.name(i)]);
    expect(ours).toEqual(lines.map(([, value, size, , name = '']) => [Number(`0x${value}`), Number(size), name]));
  });
});
