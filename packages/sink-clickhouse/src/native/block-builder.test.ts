import type { Batch } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { capabilitiesOf, NEWEST } from '../capabilities.js';
import { planTables } from '../schema/plan-table.js';
import { BlockBuilder } from './block-builder.js';
import { batchOf, EVERYTHING, schemaOf, seeded, TIME } from './fixture.js';

const IDENTITY = { host: 'web-1', boot: '00112233aabbccdd' };
const schema = schemaOf(EVERYTHING);
const [table] = planTables(schema, { database: 'skep' }, capabilitiesOf(NEWEST));

function randomBatch(random: () => number): Batch {
  const below = (n: number) => Math.floor(random() * n);
  const text = () => 'x'.repeat(below([3, 20, 200, 3000][below(4)]!)) + below(50);
  const rows = Array.from({ length: 1 + below(400) }, () => ({
    time: BigInt(below(2 ** 32)),
    u8: below(256),
    u64: BigInt(below(2 ** 32)) << 20n,
    comm: text().slice(-15),
    path: text(),
    args: `${text()}\0${text()}\0`,
    direction: below(4),
  }));
  return batchOf(schema, rows);
}

describe('BlockBuilder', () => {
  it('makes of every block what a new builder makes, with its memory given back or not', () => {
    const random = seeded(7);
    const builder = new BlockBuilder(table, IDENTITY);
    for (let block = 0; block < 30; block++) {
      const batches = Array.from({ length: 1 + Math.floor(random() * 5) }, () => randomBatch(random));
      const fresh = new BlockBuilder(table, IDENTITY);
      for (const [i, batch] of batches.entries()) {
        builder.add(batch, BigInt(i) * 1000n);
        fresh.add(batch, BigInt(i) * 1000n);
      }
      expect(builder.rows).toBe(fresh.rows);
      expect(Buffer.concat(builder.take()).equals(Buffer.concat(fresh.take()))).toBe(true);
      if (random() < 0.5) builder.giveBack();
    }
  });

  it('leaves what was taken alone while the next block is filled', () => {
    const random = seeded(8);
    const builder = new BlockBuilder(table, IDENTITY);
    for (let block = 0; block < 5; block++) {
      builder.add(randomBatch(random), 0n);
      const taken = builder.take();
      const copy = Buffer.concat(taken);
      builder.add(randomBatch(random), 0n);
      expect(Buffer.concat(taken).equals(copy)).toBe(true);
      builder.giveBack();
      builder.add(randomBatch(random), 0n);
      builder.take();
    }
  });

  it('gives nothing when it holds no rows', () => {
    const builder = new BlockBuilder(table, IDENTITY);
    expect(builder.take()).toEqual([]);
    builder.add(batchOf(schema, []), 0n);
    expect(builder.rows).toBe(0);
    expect(builder.take()).toEqual([]);
  });

  it('says about how large the block will be', () => {
    const builder = new BlockBuilder(table, IDENTITY);
    for (let i = 0; i < 20; i++) builder.add(randomBatch(seeded(i)), 0n);
    const { bytes } = builder;
    const size = Buffer.concat(builder.take()).length;
    expect(bytes).toBeGreaterThanOrEqual(size * 0.9);
    expect(bytes).toBeLessThan(size * 1.5);
    expect(builder.bytes).toBeLessThan(2000);
  });

  it('counts sequences beyond 32 and up to 64 bits', () => {
    const counted = schemaOf([TIME]);
    const [plain] = planTables(counted, { database: 'skep' }, capabilitiesOf(NEWEST));
    const only = { ...plain, columns: plain.columns.filter(({ name }) => name === 'seq') };
    const builder = new BlockBuilder(only, IDENTITY);
    const first = [2n ** 32n - 2n, 2n ** 31n - 1n, 2n ** 63n - 1n, 2n ** 64n - 3n];
    for (const sequence of first) builder.add(batchOf(counted, [{}, {}, {}]), sequence);
    const block = Buffer.concat(builder.take());
    const data = block.subarray(block.length - 12 * 8);
    const found = Array.from({ length: 12 }, (_, i) => data.readBigUInt64LE(i * 8));
    expect(found).toEqual(first.flatMap((sequence) => [sequence, sequence + 1n, sequence + 2n]));
  });
});
