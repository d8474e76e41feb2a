import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { image } from './image-fixture.js';
import { ElfError, ElfFile, MemorySource, sectionPart, sectionSize } from './index.js';

const COMPRESSED = 0x800;
const TEXT = Buffer.from('to be and not to be '.repeat(100));

function compressed(type: number, size: number, bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(type, 0);
  header.writeBigUInt64LE(BigInt(size), 8);
  return Buffer.concat([header, bytes]);
}

function read(data: Uint8Array, most?: number): Uint8Array {
  const file = new ElfFile(new MemorySource(image([{ name: '.debug_str', type: 1, flags: COMPRESSED, data }])));
  return file.data(file.section('.debug_str')!, most);
}

describe('a section that is compressed', () => {
  it('is decompressed', () => {
    expect(Buffer.from(read(compressed(1, TEXT.length, zlib.deflateSync(TEXT))))).toEqual(TEXT);
    expect(read(compressed(1, 0, new Uint8Array(0)))).toHaveLength(0);
  });

  it('is decompressed by zstd where Node.js can', () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array };
    const bytes = compressed(2, TEXT.length, zstdCompressSync?.(TEXT) ?? TEXT);
    if (zstdCompressSync) expect(Buffer.from(read(bytes))).toEqual(TEXT);
    else expect(() => read(bytes)).toThrow('in a way that this Node.js does not know');
  });

  it.each([
    ['is cut off in its header', Uint8Array.of(1, 2, 3), 'runs past its end'],
    ['is no zlib', compressed(1, TEXT.length, TEXT), 'cannot be decompressed'],
    ['is cut off', compressed(1, TEXT.length, zlib.deflateSync(TEXT).subarray(0, 9)), 'cannot be decompressed'],
    ['is more than it says', compressed(1, 10, zlib.deflateSync(TEXT)), 'cannot be decompressed'],
    ['is less than it says', compressed(1, TEXT.length + 1, zlib.deflateSync(TEXT)), 'runs past its end'],
    ['is compressed in another way', compressed(9, TEXT.length, TEXT), 'in a way that this Node.js does not know'],
    ['says that it is larger than memory', compressed(1, 2 ** 52, zlib.deflateSync(TEXT)), 'too large'],
  ])('is refused when it %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(ElfError);
    expect(() => read(bytes)).toThrow(message);
  });

  it('is refused by the size that it has decompressed', () => {
    const bytes = compressed(1, TEXT.length, zlib.deflateSync(TEXT));
    expect(() => read(bytes, TEXT.length - 1)).toThrow('too large');
    expect(read(bytes, TEXT.length)).toHaveLength(TEXT.length);
  });

  it('tells its size without being read, and is not read in part', () => {
    const data = compressed(1, TEXT.length, zlib.deflateSync(TEXT));
    const source = new MemorySource(image([{ name: '.debug_str', type: 1, flags: COMPRESSED, data }]));
    const section = new ElfFile(source).section('.debug_str')!;
    expect(sectionSize(source, section)).toBe(TEXT.length);
    expect(() => sectionPart(source, section, 0, 1)).toThrow('is compressed');
  });
});

it('parts of a section end where it does', () => {
  const source = new MemorySource(image([{ name: '.debug_str', type: 1, data: TEXT }]));
  const section = new ElfFile(source).section('.debug_str')!;
  expect(Buffer.from(sectionPart(source, section, 6, 3)).toString()).toBe('and');
  expect(sectionPart(source, section, TEXT.length - 2, 100)).toHaveLength(2);
  expect(sectionPart(source, section, TEXT.length + 2, 100)).toHaveLength(0);
});
