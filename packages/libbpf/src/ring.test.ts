import { BatchBuilder, createDecoder, rowsOf, type Schema } from '@skep/core';
import { type FakeRecordOptions, FakeRing, fakeRing, layoutOf, recordBytes } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { RingReader } from './ring.js';

const layout = layoutOf([{ name: 'n' }, { name: 'text', type: 'bytes', meaning: 'skep_text_t', size: 24 }]);
const schema: Schema = {
  plugin: 'tool',
  source: 'tool',
  stream: 'rows',
  shape: 'events',
  fields: layout.members.map(({ field }) => field),
  keys: [],
  layout: { columns: [] },
};
const SMALLEST = 4;

const record = (n: number, text = 'x') => recordBytes(layout, { n, text }, { short: true });

function readerOf(ring: FakeRing): RingReader {
  return new RingReader(
    ring.memory,
    createDecoder(layout.members, () => ({ offsetLow: 0, offsetHigh: 0 })),
    SMALLEST,
  );
}

/** Numbers of the rows that one drain of `ring` yields. */
function drained(ring: FakeRing, room = 8192, reader = readerOf(ring)): number[] {
  const into = new BatchBuilder(schema, room);
  const rows = reader.drain(into);
  const numbers = rowsOf(into.batch()).map((row) => row.n as number);
  expect(rows).toBe(numbers.length);
  return numbers;
}

describe('draining a ring', () => {
  it.each<[string, readonly FakeRecordOptions[], readonly number[], number]>([
    ['nothing from an empty ring', [], [], 0],
    ['every record that is submitted', [{}, {}, {}], [0, 1, 2], 3],
    ['nothing behind a record that is still being written', [{}, { busy: true }, {}], [0], 1],
    ['nothing while the first is still being written', [{ busy: true }, {}], [], 0],
    ['what stands around discarded records', [{ discarded: true }, {}, { discarded: true }, {}], [1, 3], 4],
    ['nothing from discarded records alone, and moves past them', [{ discarded: true }, { discarded: true }], [], 2],
  ])('yields %s', (_, states, numbers, consumed) => {
    const ring = new FakeRing();
    const positions = states.map((state, n) => ring.push(record(n), state));
    const end = [...positions, ring.producerPosition][consumed];
    expect(drained(ring)).toEqual(numbers);
    expect(ring.consumerPosition).toBe(end);
  });

  it('goes on with a record once it is submitted', () => {
    const ring = new FakeRing();
    ring.push(record(0));
    const busy = ring.push(record(1), { busy: true });
    ring.push(record(2));
    const reader = readerOf(ring);
    expect(drained(ring, 10, reader)).toEqual([0]);
    expect(drained(ring, 10, reader)).toEqual([]);
    ring.submit(busy);
    expect(drained(ring, 10, reader)).toEqual([1, 2]);
  });

  it('leaves in the ring what a batch has no room for', () => {
    const ring = fakeRing([0, 1, 2, 3, 4].map((n) => record(n)));
    const reader = readerOf(ring);
    expect(drained(ring, 2, reader)).toEqual([0, 1]);
    expect(drained(ring, 2, reader)).toEqual([2, 3]);
    expect(drained(ring, 2, reader)).toEqual([4]);
    expect(drained(ring, 2, reader)).toEqual([]);
  });

  it('appends behind the rows that a batch holds already', () => {
    const ring = fakeRing([record(1, 'b')]);
    const into = new BatchBuilder(schema, 3);
    into.push({ n: 0, text: 'a' });
    expect(readerOf(ring).drain(into)).toBe(1);
    expect(rowsOf(into.batch())).toEqual([
      { n: 0, text: 'a' },
      { n: 1, text: 'b' },
    ]);
  });

  it('takes nothing when a batch is full', () => {
    const ring = fakeRing([record(0)]);
    const into = new BatchBuilder(schema, 1);
    into.push({ n: 9 });
    expect(readerOf(ring).drain(into)).toBe(0);
    expect(ring.consumerPosition).toBe(0);
  });

  it('reads records across the end of the ring, many times round', () => {
    // 40 bytes a record do not divide 256: every place of the wrap is met.
    const ring = new FakeRing({ size: 256 });
    const reader = readerOf(ring);
    for (let n = 0; n < 200; n += 2) {
      ring.push(recordBytes(layout, { n, text: `text of record ${n}` }));
      ring.push(recordBytes(layout, { n: n + 1, text: 'y'.repeat(24) }));
      const into = new BatchBuilder(schema, 10);
      reader.drain(into);
      expect(rowsOf(into.batch())).toEqual([
        { n, text: `text of record ${n}` },
        { n: n + 1, text: 'y'.repeat(24) },
      ]);
    }
    expect(ring.consumerPosition).toBeGreaterThan(256 * 20);
  });

  it.each([2 ** 31, 2 ** 32, 2 ** 33, 2 ** 52])('reads at positions around %d', (position) => {
    const ring = new FakeRing({ size: 256, position: position - 40 });
    const reader = readerOf(ring);
    for (let n = 0; n < 6; n++) {
      ring.push(record(n, 'a longer text here'));
      expect(reader.held()).toBe(1n);
      expect(drained(ring, 10, reader)).toEqual([n]);
    }
    expect(ring.consumerPosition).toBe(ring.producerPosition);
    expect(ring.consumerPosition).toBeGreaterThan(position);
  });

  it('copies: the ring may be overwritten once a drain returns', () => {
    const ring = fakeRing([record(7, 'kept')]);
    const into = new BatchBuilder(schema, 1);
    readerOf(ring).drain(into);
    ring.memory.data.u8.fill(0xff);
    expect(rowsOf(into.batch())).toEqual([{ n: 7, text: 'kept' }]);
  });
});

describe('a ring that is not as the kernel writes it', () => {
  it.each<[string, FakeRecordOptions, Uint8Array]>([
    ['a length past the producer', { length: 64 }, record(0)],
    ['a length past the ring', { length: 0x3fffffff }, record(0)],
    ['a record shorter than its type', {}, new Uint8Array(SMALLEST - 1)],
    ['a record without a body', {}, new Uint8Array(0)],
  ])('is refused: %s', (_, state, bytes) => {
    const ring = new FakeRing();
    ring.push(record(0));
    ring.push(bytes, state);
    const into = new BatchBuilder(schema, 10);
    expect(() => readerOf(ring).drain(into)).toThrowError(expect.objectContaining({ code: 'SKEP_RING_CORRUPT' }));
    expect(ring.consumerPosition).toBe(0);
  });

  it('may hold a discarded record of any length', () => {
    const ring = new FakeRing();
    ring.push(new Uint8Array(1), { discarded: true });
    ring.push(record(1));
    expect(drained(ring)).toEqual([1]);
  });
});

describe('what a ring holds', () => {
  it('is counted with records still being written, without discarded ones', () => {
    const ring = new FakeRing();
    const reader = readerOf(ring);
    expect(reader.held()).toBe(0n);
    ring.push(record(0));
    ring.push(record(1), { discarded: true });
    ring.push(record(2), { busy: true });
    ring.push(record(3));
    expect(reader.held()).toBe(3n);
    expect(drained(ring, 10, reader)).toEqual([0]);
    expect(reader.held()).toBe(2n);
  });
});
