import { describe, expect, it } from 'vitest';
import { capabilitiesOf, NEWEST } from '../capabilities.js';
import { planTables } from '../schema/plan-table.js';
import type { Table } from '../schema/table.js';
import { BlockBuilder } from './block-builder.js';
import { batchOf, EVERYTHING, schemaOf, seeded, TIME } from './fixture.js';
import { recodeBlock } from './recode.js';

const SCHEMA = schemaOf(EVERYTHING);
const tableFor = (version: string) => planTables(SCHEMA, { database: 'skep' }, capabilitiesOf(version))[0];
const typesOf = (table: Table) => new Map(table.columns.map(({ name, representation }) => [name, representation.type]));

function blockOf(table: Table, rows: number): Buffer {
  const random = seeded(rows);
  const upTo = (most: number) => Math.floor(random() * most);
  const builder = new BlockBuilder(table, { host: 'web-1', boot: '00112233aabbccdd' });
  const texts = Array.from({ length: rows }, (_, n) => `${'x'.repeat(upTo(200))}${upTo(2) === 0 ? n : ''}\0\xff`);
  builder.add(
    batchOf(
      SCHEMA,
      texts.map((text) => ({
        ...{ time: BigInt(upTo(2 ** 52)), u8: upTo(256), i64: -BigInt(upTo(2 ** 52)), flag: upTo(2) === 1, comm: text },
        ...{ path: texts[upTo(rows)], addr: Buffer.from('fe80000000000000000000000000abcd', 'hex') },
        ...{
          args: Array.from({ length: upTo(4) }, () => `${texts[upTo(rows)]!.split('\0')[0]}\0`).join(''),
          direction: upTo(4),
        },
      })),
    ),
    7n,
  );
  return Buffer.concat(builder.take());
}

describe('recodeBlock', () => {
  const oldest = tableFor('18.16.1');
  const newest = tableFor(NEWEST);

  // More than 256 keys make wider indexes.
  it.each([1, 2, 400])('makes of %d rows what the other server would have been sent, both ways', (rows) => {
    const [forOldest, forNewest] = [blockOf(oldest, rows), blockOf(newest, rows)];
    expect(forOldest.equals(forNewest)).toBe(false);
    expect(Buffer.concat(recodeBlock(forNewest, typesOf(oldest))).equals(forOldest)).toBe(true);
    expect(Buffer.concat(recodeBlock(forOldest, typesOf(newest))).equals(forNewest)).toBe(true);
  });

  it('leaves alone what nobody names', () => {
    const block = blockOf(newest, 50);
    expect(Buffer.concat(recodeBlock(block, new Map())).equals(block)).toBe(true);
  });

  it('reads the widest indexes, of more than 65,536 keys', () => {
    const schema = schemaOf([TIME, { name: 'comm', type: 'bytes', meaning: 'skep_comm_t' }]);
    const [table] = planTables(schema, { database: 'skep' }, capabilitiesOf(NEWEST));
    const builder = new BlockBuilder(table, { host: 'web-1', boot: '' });
    builder.add(
      batchOf(
        schema,
        Array.from({ length: 70_000 }, (_, n) => ({ time: 0n, comm: String(n) })),
      ),
      0n,
    );
    const block = Buffer.concat(builder.take());
    expect(Buffer.concat(recodeBlock(block, new Map())).equals(block)).toBe(true);
  });

  it('refuses a block that is cut or longer than it says, and types of others', () => {
    const block = blockOf(newest, 2);
    for (let length = 0; length < block.length; length++) {
      expect(() => recodeBlock(block.subarray(0, length), new Map()), String(length)).toThrow();
    }
    expect(() => recodeBlock(Buffer.concat([block, Buffer.alloc(3)]), new Map())).toThrow('3 bytes too many');
    const foreign = Buffer.from(block.toString('latin1').replace('UInt16', 'UInt1x'), 'latin1');
    expect(() => recodeBlock(foreign, new Map())).toThrow('skep writes no UInt1x');
  });
});
