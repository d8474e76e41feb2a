import { option } from '@skep/core';
import { describe, expect, it } from 'vitest';
import type { Btf, BtfType } from './btf/index.js';
import { applyOptions, type Configurable, encode } from './constants.js';

const int = (size: number, signed: boolean, bool = false): BtfType => ({
  kind: 'int',
  name: 'int',
  size,
  signed,
  bool,
});
const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');

/** Type 1, and what it refers to. */
function encoded(value: Parameters<typeof encode>[2], ...types: readonly BtfType[]): string | undefined {
  const btf: Btf = { types: [{ kind: 'void' }, ...types] };
  return hex(encode(btf, 1, value));
}

describe('an option as the bytes of its variable', () => {
  it.each<[string, BtfType, Parameters<typeof encode>[2], string | undefined]>([
    ['true', int(1, false, true), true, '01'],
    ['false', int(1, false, true), false, '00'],
    ['no boolean', int(1, false, true), 2, undefined],
    ['the largest __u8', int(1, false), 255, 'ff'],
    ['more than a __u8', int(1, false), 256, undefined],
    ['a negative __u8', int(1, false), -1, undefined],
    ['the smallest __s8', int(1, true), -128, '80'],
    ['the largest __s8', int(1, true), 127, '7f'],
    ['more than an __s8', int(1, true), 128, undefined],
    ['less than an __s8', int(1, true), -129, undefined],
    ['a __u16', int(2, false), 0x1234, '3412'],
    ['the largest __u32', int(4, false), 0xffffffff, 'ffffffff'],
    ['more than a __u32', int(4, false), 2 ** 32, undefined],
    ['a negative __s32', int(4, true), -2, 'feffffff'],
    ['more than an __s32', int(4, true), 2 ** 31, undefined],
    ['the largest __u64', int(8, false), 2n ** 64n - 1n, 'ffffffffffffffff'],
    ['more than a __u64', int(8, false), 2n ** 64n, undefined],
    ['the smallest __s64', int(8, true), -(2n ** 63n), '0000000000000080'],
    ['the text of a number', int(4, false), '17', '11000000'],
    ['no number', int(4, false), 'seventeen', undefined],
    ['half a number', int(4, false), 1.5, undefined],
    ['a list', int(4, false), [1], undefined],
    ['an enum', { kind: 'enum', name: 'e', size: 4, signed: false, values: [] }, 3, '03000000'],
    ['a pointer', { kind: 'ptr', type: 0 }, 1, undefined],
  ])('%s', (_, type, value, bytes) => {
    expect(encoded(value, type)).toBe(bytes);
  });

  const text = (count: number): BtfType[] => [{ kind: 'array', type: 2, count }, int(1, true)];
  const numbers: BtfType[] = [{ kind: 'array', type: 2, count: 3 }, int(2, false)];

  it.each<[string, Parameters<typeof encode>[2], readonly BtfType[], string | undefined]>([
    ['text that leaves room for its NUL', 'abc', text(4), '616263'],
    ['text without room for its NUL', 'abcd', text(4), undefined],
    ['text that takes more bytes than characters', 'äöü', text(6), undefined],
    ['empty text', '', text(4), ''],
    ['a list, the rest 0', [1, 2], numbers, '010002000000'],
    ['a full list', [1, 2, 3], numbers, '010002000300'],
    ['a list too long', [1, 2, 3, 4], numbers, undefined],
    ['a list with a number that does not fit', [1, 70_000], numbers, undefined],
    ['a number for an array', 1, numbers, undefined],
    [
      'a list of texts',
      ['a', 'bc'],
      [{ kind: 'array', type: 2, count: 2 }, { kind: 'array', type: 3, count: 4 }, int(1, true)],
      '6100000062630000',
    ],
  ])('%s', (_, value, types, bytes) => {
    expect(encoded(value, ...types)).toBe(bytes);
  });

  it.each<[string, readonly BtfType[], string | number, string]>([
    ['a text', text(4), 'abcd', 'at most 3 bytes of text'],
    ['an unsigned number', [int(2, false)], 70_000, '0 to 65535'],
    ['a signed number', [int(1, true)], 200, '-128 to 127'],
    ['a flag', [{ kind: 'int', name: '_Bool', size: 1, signed: false, bool: true }], 2, '0 to 1'],
  ])('says what would fit: %s', (_, types, value, remedy) => {
    const variable = { name: 'opt_it', section: '.rodata', offset: 0, size: 4, type: 1, initial: new Uint8Array(4) };
    const info = { btf: { types: [{ kind: 'void' }, ...types] }, variables: new Map([['opt_it', variable]]) };
    const object = { name: 'tool', info, setConstant: () => undefined } as unknown as Configurable;
    expect(() => applyOptions(object, { it: option.string('It') }, { it: value })).toThrow(
      expect.objectContaining({ code: 'SKEP_OPTION', remedy }),
    );
  });

  it('looks through typedef, const and volatile', () => {
    expect(
      encoded(
        7,
        { kind: 'volatile', type: 2 },
        { kind: 'const', type: 3 },
        { kind: 'typedef', name: '__u16', type: 4 },
        int(2, false),
      ),
    ).toBe('0700');
  });
});
