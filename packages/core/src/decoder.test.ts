import { describe, expect, it } from 'vitest';
import { BatchBuilder, valueAt } from './batch.js';
import { clockFromOffset, createDecoder, type Member } from './decoder.js';
import { kernelMemory } from './memory.js';
import { rowsOf } from './row.js';
import type { Field, Schema } from './schema.js';
import { field, schemaOf } from './text/fixtures.js';

const NO_OFFSET = () => clockFromOffset(0n);

function member(offset: number, type: Field['type'], rest: Partial<Field> = {}): Member {
  return { field: field('value', type, rest), offset };
}

/** Decodes records that lie at `starts` of `bytes` and end at `ends`. */
function decode(
  members: readonly Member[],
  bytes: Uint8Array,
  starts: readonly number[],
  ends: readonly number[],
  clock = NO_OFFSET,
): BatchBuilder {
  const memory = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  memory.set(bytes);
  const decoder = createDecoder(members, clock);
  const into = new BatchBuilder(schemaOf(decoder.fields) as Schema, starts.length);
  decoder.decode(kernelMemory(memory.buffer), Uint32Array.from(starts), Uint32Array.from(ends), starts.length, into);
  return into;
}

const values = (into: BatchBuilder) => Array.from({ length: into.rows }, (_, r) => valueAt(into.columns[0]!, r));
const texts = (into: BatchBuilder) => values(into).map((value) => Buffer.from(value as Uint8Array).toString('latin1'));

describe('numbers', () => {
  it.each<[Field['type'], readonly number[], number | bigint]>([
    ['u8', [0xff], 255],
    ['i8', [0x80], -128],
    ['bool', [1], 1],
    ['u16', [0xfe, 0xff], 65534],
    ['i16', [0xfe, 0xff], -2],
    ['u32', [0xff, 0xff, 0xff, 0xff], 4294967295],
    ['i32', [0, 0, 0, 0x80], -2147483648],
    ['u64', [1, 0, 0, 0, 0, 0, 0, 0x80], 2n ** 63n + 1n],
    ['i64', [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -2n],
  ])('%s is read where it lies, low byte first', (type, bytes, value) => {
    const size = bytes.length;
    const memory = new Uint8Array(64).fill(0x55);
    for (const start of [8, 32]) memory.set(bytes, start + 8);
    const into = decode([member(8, type, { size })], memory, [8, 32], [16 + size, 40 + size]);
    expect(values(into)).toEqual([value, value]);
  });

  it('appends behind rows that are there, column by column', () => {
    const members = [
      { field: field('a', 'u8', { size: 1 }), offset: 0 },
      { field: field('b', 'u32'), offset: 4 },
      { field: field('c', 'u64', { size: 8 }), offset: 8 },
    ];
    const decoder = createDecoder(members, NO_OFFSET);
    const into = new BatchBuilder(schemaOf(decoder.fields), 4);
    for (const n of [1, 2]) {
      const bytes = Uint8Array.from([n, 9, 9, 9, n, 0, 0, 0, n, 0, 0, 0, 0, 0, 0, 1]);
      const memory = kernelMemory(bytes.buffer);
      decoder.decode(memory, Uint32Array.of(0), Uint32Array.of(16), 1, into);
    }
    const high = 1n << 56n;
    expect(rowsOf(into.batch())).toEqual([
      { a: 1, b: 1, c: high + 1n },
      { a: 2, b: 2, c: high + 2n },
    ]);
  });
});

describe('times', () => {
  const time = member(0, 'u64', { meaning: 'skep_ktime_t', size: 8 });
  const at = (ns: bigint) => new Uint8Array(BigUint64Array.of(ns).buffer);

  it.each<[bigint, bigint]>([
    [0n, 0n],
    [5n, 1_700_000_000_123_456_789n],
    // The low words carry into the high ones, and just do not.
    [0xffffffffn, 1n],
    [0xfffffffen, 1n],
    [0x1_ffffffffn, 0x1_ffffffffn],
    [86_400_000_000_000n, 1_767_225_600_000_000_000n],
    // A wall clock before boot: the offset is negative.
    [10_000_000_000n, -9_999_999_999n],
  ])('%d ns since boot, boot at %d, is their sum', (boot, offset) => {
    const into = decode([time], at(boot), [0], [8], () => clockFromOffset(offset));
    expect(values(into)).toEqual([boot + offset]);
  });

  it('are asked from the clock once per call, so that a step of the clock is seen', () => {
    let offset = 1n;
    const decoder = createDecoder([time], () => clockFromOffset(offset++));
    const into = new BatchBuilder(schemaOf(decoder.fields), 4);
    const memory = kernelMemory(at(100n).buffer as ArrayBuffer);
    for (let i = 0; i < 2; i++) decoder.decode(memory, Uint32Array.of(0, 0), Uint32Array.of(8, 8), 2, into);
    expect(values(into)).toEqual([101n, 101n, 102n, 102n]);
  });
});

describe('text', () => {
  const text = member(0, 'bytes', { meaning: 'skep_text_t', size: 8 });

  it.each<[string, string, number, string]>([
    ['ends at its NUL', 'abc\0rest', 8, 'abc'],
    ['ends at the end of its member', 'abcdefghNEXT', 12, 'abcdefgh'],
    ['ends with a record that was sent short', 'abcdefgh', 3, 'abc'],
    ['ends with a record sent short behind its NUL', 'ab\0garba', 3, 'ab'],
    ['is empty', '\0bcdefgh', 8, ''],
    ['is empty when the record ends before it', 'abcdefgh', 0, ''],
    ['keeps bytes that are no UTF-8', '\xff\xfe\x80\0', 8, '\xff\xfe\x80'],
  ])('%s', (_, bytes, end, expected) => {
    expect(texts(decode([text], Buffer.from(bytes, 'latin1'), [0], [end]))).toEqual([expected]);
  });

  it('of many rows lies one behind the other', () => {
    const bytes = Buffer.from('one\0____two\0____\0_______three\0__', 'latin1');
    const into = decode([text], bytes, [0, 8, 16, 24], [8, 16, 24, 32]);
    expect(texts(into)).toEqual(['one', 'two', '', 'three']);
  });

  it('of records whose size is no multiple of a word is found where it lies', () => {
    const name = member(0, 'bytes', { meaning: 'skep_text_t', size: 6 });
    const bytes = Buffer.from('eth0\0\0wlan0\0bridgelo\0\0\0\0', 'latin1');
    expect(texts(decode([name], bytes, [0, 6, 12, 18], [6, 12, 18, 24]))).toEqual(['eth0', 'wlan0', 'bridge', 'lo']);
  });

  it('grows the memory of its column as needed', () => {
    const wide = member(0, 'bytes', { meaning: 'skep_path_t', size: 4096 });
    const bytes = new Uint8Array(4096 * 3).fill(0x61);
    const into = decode([wide], bytes, [0, 4096, 8192], [4096, 8192, 12_288]);
    expect(texts(into)).toEqual(Array.from({ length: 3 }, () => 'a'.repeat(4096)));
  });
});

describe('bytes', () => {
  it.each(['skep_ip_t', 'skep_bytes_t', 'skep_argv_t'])('of %s keep their NULs', (meaning) => {
    const bytes = member(0, 'bytes', { meaning, size: 6 });
    const into = decode([bytes], Buffer.from('a\0b\0\0\0NEXT'), [0], [10]);
    expect(texts(into)).toEqual(['a\0b\0\0\0']);
  });

  it('of an argument vector end with the record', () => {
    const argv = member(4, 'bytes', { meaning: 'skep_argv_t', size: 4096 });
    const into = decode([argv], Buffer.from('....ls\0-l\0\0x y\0NEXT', 'latin1'), [0], [15]);
    expect(rowsOf(into.batch())).toEqual([{ value: ['ls', '-l', '', 'x y'] }]);
  });
});

describe('many records', () => {
  const members = [
    member(1, 'u8', { size: 1 }),
    member(3, 'u32'),
    member(7, 'bytes', { meaning: 'skep_text_t', size: 20 }),
  ];

  /** A generator of numbers below its argument, the same ones each time. */
  function numbersFrom(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }

  it.each([1, 127, 128, 129, 5000])('are decoded as each by itself: %d', (count) => {
    const below = numbersFrom(count);
    const memory = new Uint8Array(count * 32);
    for (let i = 0; i < memory.length; i++) memory[i] = below(4) === 0 ? 0 : below(256);
    const starts: number[] = [];
    const ends: number[] = [];
    let at = below(8);
    for (let r = 0; r < count; r++) {
      starts.push(at);
      at += 7 + below(22);
      ends.push(at);
    }
    const buffer = Buffer.from(memory.buffer);
    const expected = starts.map((start, r) => {
      const text = buffer.subarray(start + 7, Math.min(start + 27, ends[r]!));
      const nul = text.indexOf(0);
      return [memory[start + 1], buffer.readUInt32LE(start + 3), text.toString('hex', 0, nul < 0 ? text.length : nul)];
    });
    const into = decode(members, memory, starts, ends);
    const actual = starts.map((_, r) =>
      into.columns.map((column) => {
        const value = valueAt(column, r);
        return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
      }),
    );
    expect(actual).toEqual(expected);
  });

  it('may begin anew before the first one, as a ring does, or lie in one place', () => {
    const bytes = Buffer.from('.a...b.c.....d..', 'latin1');
    const into = decode([members[0]!], bytes, [12, 4, 6, 0, 0], [14, 6, 8, 2, 2]);
    expect(String.fromCharCode(...(values(into) as number[]))).toBe('dbcaa');
  });

  it('in one place may be more than its bytes', () => {
    const text = member(0, 'bytes', { meaning: 'skep_text_t', size: 4096 });
    const bytes = Buffer.alloc(4096, 'x');
    const count = 500;
    const into = decode([text], bytes, Array(count).fill(0), Array(count).fill(4096));
    expect(new Set(texts(into))).toEqual(new Set(['x'.repeat(4096)]));
  });

  it('of a megabyte each are decoded one by one', () => {
    const size = 2 ** 20 + 3;
    const text = member(0, 'bytes', { meaning: 'skep_text_t', size });
    const whole = member(0, 'bytes', { meaning: 'skep_bytes_t', size });
    const bytes = Buffer.alloc(2 * size, 'y');
    bytes[size + 700_001] = 0;
    const into = decode([text, whole], bytes, [0, size], [size, 2 * size]);
    expect(texts(into).map((value) => value.length)).toEqual([size, 700_001]);
    const data = (into.columns[1] as { data: Uint8Array }).data;
    expect(Buffer.compare(data.subarray(0, 2 * size), bytes)).toBe(0);
  });
});
