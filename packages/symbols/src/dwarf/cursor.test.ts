import { expect, it } from 'vitest';
import { Cursor } from './cursor.js';
import { CutOffError, DwarfError } from './dwarf-error.js';

it('reads numbers of all sizes', () => {
  const cursor = new Cursor(Uint8Array.of(1, 2, 0, 3, 0, 1, 4, 0, 0, 0x80, 5, 0, 0, 0, 1, 0, 0, 0));
  expect([cursor.u8(), cursor.u16(), cursor.u24(), cursor.u32(), cursor.u64()]).toEqual([
    1,
    2,
    0x10003,
    0x80000004,
    2 ** 32 + 5,
  ]);
  expect(() => cursor.u8()).toThrow(CutOffError);
});

it.each([
  [[0x7f], 127, -1],
  [[0x80, 0x01], 128, 128],
  [[0xe5, 0x8e, 0x26], 624485, 624485],
  [[0xc0, 0xbb, 0x78], 1973696, -123456],
])('reads numbers in groups of seven bits: %j', (bytes, unsigned, signed) => {
  expect(new Cursor(Uint8Array.from(bytes)).uleb()).toBe(unsigned);
  expect(new Cursor(Uint8Array.from(bytes)).sleb()).toBe(signed);
});

it('never leaves its bytes', () => {
  const bytes = Uint8Array.from({ length: 16 }, () => 0xff);
  for (const read of ['u16', 'u24', 'u32', 'u64'] as const) {
    expect(() => new Cursor(bytes.subarray(0, 1))[read]()).toThrow(CutOffError);
  }
  expect(() => new Cursor(bytes).uleb()).toThrow(DwarfError);
  expect(() => new Cursor(bytes).sleb()).toThrow(DwarfError);
  expect(() => new Cursor(bytes).skipText()).toThrow(CutOffError);
  for (const length of [17, 2 ** 60, Number.NaN]) expect(() => new Cursor(bytes).skip(length)).toThrow(CutOffError);
});
