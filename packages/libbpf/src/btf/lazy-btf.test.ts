import { describe, expect, it } from 'vitest';
import { type BtfType, parseBtf } from './btf.js';
import { LazyBtf } from './lazy-btf.js';
import { writeBtf } from './write-btf.js';

const member = (name: string, type: number, offsetBits: number, bits = 0) => ({ name, type, offsetBits, bits });

const TYPES: readonly BtfType[] = [
  { kind: 'void' },
  { kind: 'int', name: 'unsigned int', size: 4, signed: false, bool: false },
  { kind: 'int', name: '_Bool', size: 1, signed: false, bool: true },
  { kind: 'ptr', type: 5 },
  { kind: 'array', type: 1, count: 3 },
  { kind: 'struct', name: 'task', size: 24, members: [member('a', 1, 0), member('next', 3, 64), member('', 4, 128)] },
  { kind: 'union', name: 'bits', size: 4, members: [member('low', 1, 0, 3), member('all', 1, 0)] },
  {
    kind: 'enum',
    name: 'state',
    size: 4,
    signed: true,
    values: [
      ['GONE', -1],
      ['HERE', 5],
    ],
  },
  { kind: 'enum', name: 'wide', size: 8, signed: false, values: [['BIG', 2 ** 40]] },
  { kind: 'typedef', name: 'task', type: 5 },
  { kind: 'fwd', name: 'hidden' },
  { kind: 'float', name: 'double', size: 8 },
  { kind: 'func_proto', returns: 1, params: [3, 1] },
  { kind: 'func', name: 'wake', type: 12 },
  { kind: 'type_tag', name: 'rcu', type: 5 },
];

describe('types written', () => {
  it('are read back as they were', () => {
    expect(parseBtf(writeBtf(TYPES)).types).toEqual(TYPES);
  });
});

describe('types on demand', () => {
  const base = new LazyBtf(writeBtf(TYPES));

  it('are those of a whole parse', () => {
    const all = Array.from({ length: base.end }, (_, id) => base.type(id));
    expect(all).toEqual(TYPES);
    expect([base.type(base.end), base.type(-1)]).toEqual([undefined, undefined]);
  });

  it('are found by name, of every kind', () => {
    expect(base.named('task')).toEqual([5, 9]);
    expect(base.named('tas')).toEqual([]);
    expect(base.named('GONE')).toEqual([]);
  });

  it('of a module continue those of the kernel', () => {
    const own: BtfType[] = [
      { kind: 'void' },
      { kind: 'struct', name: 'xfs', size: 8, members: [member('owner', 3, 0)] },
    ];
    const bytes = moduleBytes(own, base);
    const module = new LazyBtf(bytes, base);
    expect(module.named('xfs')).toEqual([base.end]);
    expect(module.type(base.end)).toEqual(own[1]);
    expect(module.type(5)).toEqual(TYPES[5]);
    // The kernel's own types are its own answers.
    expect(module.named('task')).toEqual([]);
  });
});

/** As the kernel writes a module's: its strings are counted from the end of the kernel's. */
function moduleBytes(types: readonly BtfType[], base: LazyBtf): Uint8Array {
  const bytes = writeBtf(types);
  const kernel = writeBtf(TYPES);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const stringsOf = (one: Uint8Array) => new DataView(one.buffer, one.byteOffset).getUint32(20, true);
  const first = stringsOf(kernel);
  expect(base.end).toBe(TYPES.length);
  // The name of the struct and that of its one member.
  for (const at of [24, 24 + 12]) view.setUint32(at, view.getUint32(at, true) + first, true);
  return bytes;
}
