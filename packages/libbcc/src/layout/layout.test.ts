import { BatchBuilder, kernelMemory, rowsOf } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { type ColumnMember, columnsOf } from './columns.js';
import { eventLayout } from './event-layout.js';
import { parseLayout, type RecordLayout } from './layout.js';
import { recordDecoder } from './record-decoder.js';
import { bytesOf, readValue, type Value } from './values.js';

const DATA = `["data_t", [["ts","unsigned long long"], ["pid","unsigned int"], ["comm","char", [16]], ["st","unsigned int"],
  ["in",["", [["x","unsigned int"] ], "struct_packed"]], ["addr","unsigned char", [16]], ["ok","_Bool"], ["bits","int", 3],
  ["arr","unsigned int", [2]], ["", [["a","unsigned int"], ["b","unsigned long long"] ], "union"], ["ptr","unsigned long long"],
  ["l","long"] ], "struct"]`;
const PACKED =
  '["p_t", [["a","unsigned char"], ["b","unsigned long long"], ["__pad_1","char", [3]], ["c","unsigned short"] ], "struct_packed"]';

const BITS = `["bits", [["a","unsigned int", 3], ["b","unsigned int", 13], ["c","int", 4], ["yes","_Bool", 1],
  ["d","unsigned long long", 40], ["e","unsigned char"] ], "struct"]`;

/** Two records, from the first place a ring may have, as rows. */
function decode(members: readonly ColumnMember[], size: number, record: (row: number) => Uint8Array) {
  const fields = members.map(({ field }) => field);
  const owner = { plugin: 'p', source: 'p', stream: 's', shape: 'events' } as const;
  const into = new BatchBuilder({ ...owner, fields, keys: [], layout: { columns: [] } }, 4);
  const starts = Uint32Array.of(4, 4 + Math.ceil(size / 4) * 4);
  const memory = new Uint8Array(96);
  for (const [row, start] of starts.entries()) memory.set(record(row), start);
  const ends = starts.map((start) => start + size);
  recordDecoder(members, () => ({ offsetLow: 0, offsetHigh: 0 })).decode(
    kernelMemory(memory.buffer),
    starts,
    ends,
    2,
    into,
  );
  return rowsOf(into.batch());
}

const placesOf = (layout: RecordLayout) => layout.members.map(({ name, offset }) => [name, offset]);

describe('layouts as libbcc describes them', () => {
  it('have the places that the compiler gives the members', () => {
    const layout = parseLayout(DATA) as RecordLayout;
    expect(placesOf(layout)).toEqual([
      ['ts', 0],
      ['pid', 8],
      ['comm', 12],
      ['st', 28],
      ['in', 32],
      ['addr', 36],
      ['ok', 52],
      ['bits', 52],
      ['arr', 56],
      ['', 64],
      ['ptr', 72],
      ['l', 80],
    ]);
    expect(layout.size).toBe(88);
    expect(layout.members.find(({ name }) => name === 'bits')?.bits).toEqual({ first: 8, width: 3 });
  });

  it('of packed structs have their padding told, and no other', () => {
    const layout = parseLayout(PACKED) as RecordLayout;
    expect(placesOf(layout)).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 12],
    ]);
    expect(layout.size).toBe(14);
  });

  it('of structs in a struct with bit fields have them where the compiler aligns them', () => {
    const natural = '["in", [["x","unsigned char"], ["__pad_1","char",[3]], ["y","int"] ], "struct_packed"]';
    const packed = '["in", [["x","unsigned char"], ["y","int"] ], "struct_packed"]';
    const places = (inner: string) => {
      const json = `["e", [["a","unsigned char", 3], ["in",${inner}], ["z","unsigned char"] ], "struct"]`;
      const layout = parseLayout(json) as RecordLayout;
      return [layout.size, ...placesOf(layout)];
    };
    expect(places(natural)).toEqual([16, ['a', 0], ['in', 4], ['z', 12]]);
    expect(places(packed)).toEqual([7, ['a', 0], ['in', 1], ['z', 6]]);
  });

  it('of unknown types are refused by name', () => {
    expect(() => parseLayout('["s", [["f","double"] ], "struct"]')).toThrow('the type "double" cannot be read');
  });
});

describe('values', () => {
  it('are read as they were written', () => {
    const layout = parseLayout(DATA);
    const value = { ts: 2n ** 63n, pid: 7, comm: 'wörk', in: { x: 9 }, arr: [1, 2], b: 5n, l: -3n, ok: true };
    expect(readValue(layout, bytesOf(layout, value, 'value'))).toEqual({
      ...value,
      st: 0,
      addr: new Uint8Array(16),
      bits: 0,
      a: 5,
      ptr: 0n,
    });
  });

  it('of bit fields are taken out of their integer', () => {
    const bytes = new Uint8Array(88);
    bytes[53] = 0b1_1_110;
    expect(readValue(parseLayout(DATA), bytes)).toMatchObject({ bits: -2 });
  });

  it.each([
    [{ pid: 2 ** 32 }, 'k.pid: 4294967296 does not fit 4 bytes'],
    [{ pid: 1.5 }, 'k.pid: 1.5 is no integer'],
    [{ pid: 'x' }, 'k.pid: a number is wanted'],
    [{ comm: 'x'.repeat(17) }, 'k.comm: 17 bytes for 16'],
    [{ pdi: 1 }, 'k: it has no member "pdi"'],
    [{ arr: [1, 2, 3] }, 'k.arr: a list of up to 2 is wanted'],
    [{ bits: 8 }, 'k.bits: 8 does not fit 3 bits'],
    [null, 'k: an object is wanted'],
  ])('that do not fit are refused: %j', (value, message) => {
    expect(() => bytesOf(parseLayout(DATA), value as Value, 'k')).toThrow(message);
  });
});

describe('columns', () => {
  const fields = (json: string) =>
    columnsOf(parseLayout(json), 'key').map(({ field, offset }) => [field.name, field.type, offset]);

  it('of a plain value are one', () => {
    expect(fields('"unsigned int"')).toEqual([['key', 'u32', 0]]);
  });

  it('of nested structs have their names before them, of arrays an index behind', () => {
    expect(fields('["k", [["in",["", [["x","int"] ], "struct"]], ["n","unsigned short", [2]] ], "struct"]')).toEqual([
      ['in_x', 'i32', 0],
      ['n_0', 'u16', 4],
      ['n_1', 'u16', 6],
    ]);
  });

  it('of bit fields are those of their integers', () => {
    expect(fields(DATA)).toContainEqual(['bits', 'i32', 52]);
  });

  it('of bit fields hold their values, however they lie', () => {
    const layout = parseLayout(BITS);
    const rows = [
      { a: 5, b: 4097, c: -2, yes: true, d: 2n ** 40n - 1n, e: 9 },
      { a: 0, b: 0, c: 7, yes: false, d: 1n, e: 255 },
    ];
    expect(decode(columnsOf(layout, 'value'), layout.size, (row) => bytesOf(layout, rows[row]!, 'v'))).toEqual(rows);
  });

  it('of records that are not aligned are decoded all the same', () => {
    const layout = parseLayout(PACKED);
    const rows = [
      { a: 3, b: 2n ** 40n + 1n, c: 513 },
      { a: 4, b: 7n, c: 1 },
    ];
    expect(decode(columnsOf(layout, 'value'), layout.size, (row) => bytesOf(layout, rows[row]!, 'v'))).toEqual(rows);
  });
});

describe('the layout of events', () => {
  it('is that of the struct with the same members', () => {
    const { record } = eventLayout(
      'e',
      ['a#u8', 'b#u64', 'c#u16'],
      [
        { json: '["other", [["a","int"] ], "struct"]', size: 4 },
        { json: PACKED, size: 14 },
      ],
    );
    expect([record.size, ...placesOf(record)]).toEqual([14, ['a', 0], ['b', 1], ['c', 12]]);
  });

  it('has every dimension of an array, of which libbcc describes one', () => {
    const json = '["e", [["a","int"], ["grid","short", [2]], ["in",["", [["x","int"] ], "struct"]] ], "struct"]';
    const { record } = eventLayout('e', ['a#int', 'grid#s16[2][3]', 'in#struct in'], [{ json, size: 20 }]);
    expect([record.size, ...placesOf(record)]).toEqual([20, ['a', 0], ['grid', 4], ['in', 16]]);
  });

  it('is refused when it is not as large as the compiler makes it', () => {
    const json = '["e", [["a","unsigned char"], ["b","unsigned int", 5], ["c","unsigned int"] ], "struct"]';
    expect(() => eventLayout('e', ['a#u8', 'b#u32', 'c#u32'], [{ json, size: 6 }])).toThrow(
      'struct e of 6 bytes is described with 8',
    );
  });

  it('is worked out for a struct that is not known', () => {
    const { record } = eventLayout('e', ['a#u8', 'b#u64', 'comm#char[5]', 'st#enum state'], []);
    expect([record.size, ...placesOf(record)]).toEqual([32, ['a', 0], ['b', 8], ['comm', 16], ['st', 24]]);
  });

  it('takes the meaning of a column from its typedef', () => {
    const { record, typedefs } = eventLayout('e', ['time#skep_ktime_t', 'path#skep_path_t[64]'], []);
    expect(columnsOf(record, 'value', typedefs).map(({ field }) => [field.type, field.meaning, field.size])).toEqual([
      ['u64', 'skep_ktime_t', 8],
      ['bytes', 'skep_path_t', 64],
    ]);
  });

  it('of a type that nobody knows is refused', () => {
    expect(() => eventLayout('e', ['x#struct foo'], [])).toThrow('the type "struct foo" of member "x"');
    expect(() => eventLayout('e', ['x#float'], [])).toThrow(
      expect.objectContaining({ remedy: 'use integers, arrays and structs' }),
    );
  });
});
