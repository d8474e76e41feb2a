import { argvList, type Batch, ipText, meanings, type Schema, valueAt } from '@skep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, insertBatches, type TestEngine } from '../engines/fixture.js';
import { createDatabase, createStatements } from '../schema/create.js';
import { quoted } from '../schema/names.js';
import { planTables } from '../schema/plan-table.js';
import type { Column, Table } from '../schema/table.js';
import { BlockBuilder } from './block-builder.js';
import { batchOf, EVERYTHING, LABELS, schemaOf, seeded, TIME } from './fixture.js';

const SETTINGS = { database: 'skep' };
const NOON = 1_769_860_800_000_000_000n;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const hexOfText = (text: string) => hexOf(Buffer.from(text));

/** SQL that gives every value of a column as text without a byte that formats or clients might change. */
function exactText({ name, kind, representation }: Column): string {
  const column = quoted(name);
  if (kind === 'ip') return `${name}_text`;
  if (kind === 'bool') return `toUInt8(${column})`;
  if (kind === 'list') return `arrayStringConcat(arrayMap(x -> hex(x), ${column}), ',')`;
  if (kind === 'time' && representation.type !== 'Int64') return `toUnixTimestamp64Nano(${column})`;
  return representation.encoding === 'fixed' ? `toString(${column})` : `hex(${column})`;
}

/** What `exactText` has to give for one cell, from the batch alone. */
function expectedText(batch: Batch, index: number, row: number): string {
  const field = batch.schema.fields[index]!;
  const value = valueAt(batch.columns[index]!, row);
  if (field.labels) return hexOfText(field.labels.get(Number(value)) ?? String(value));
  if (field.meaning === 'skep_block_flags_t') return hexOfText(meanings.get('skep_block_flags_t')!.text(value, field));
  if (!(value instanceof Uint8Array)) return String(value);
  if (field.meaning === 'skep_ip_t') return ipText(value);
  if (field.meaning === 'skep_argv_t') return argvList(value).map(hexOf).join(',');
  return hexOf(value);
}

describe.each(ENGINES)('blocks in %s', (_, start) => {
  let engine: TestEngine;

  beforeAll(async () => {
    engine = await start();
    await engine.query(createDatabase(SETTINGS));
  });
  afterAll(() => engine.close());

  let tables = 0;
  async function tableOf(schema: Schema): Promise<Table> {
    const [table] = planTables({ ...schema, stream: `rows${tables++}` }, SETTINGS, engine.capabilities);
    for (const sql of createStatements(table, SETTINGS, engine.capabilities)) await engine.query(sql);
    return table;
  }

  async function expectSame(table: Table, batches: readonly Batch[]): Promise<void> {
    const columns = table.columns.filter((column) => column.values.from === 'field');
    const text = await engine.query(
      `SELECT ${['seq', ...columns.map(exactText)].join(', ')} FROM skep.${table.name} ORDER BY seq`,
    );
    const found = text.split('\n').slice(0, -1);
    let sequence = 0;
    for (const batch of batches) {
      for (let r = 0; r < batch.rows; r++) {
        const cells = columns.map((column) =>
          column.values.from === 'field' ? expectedText(batch, column.values.index, r) : '',
        );
        expect(found[sequence]).toBe([sequence, ...cells].join('\t'));
        sequence++;
      }
    }
    expect(found).toHaveLength(sequence);
  }

  async function sameThereAndBack(schema: Schema, batches: readonly Batch[]): Promise<Table> {
    const table = await tableOf(schema);
    await insertBatches(engine, table, [...batches]);
    await expectSame(table, batches);
    return table;
  }

  it('keep the ends of every range', async () => {
    const schema = schemaOf(EVERYTHING);
    const bytes = (...parts: number[]) => Uint8Array.from(parts);
    const ip = (fill: number) => new Uint8Array(16).fill(fill);
    await sameThereAndBack(schema, [
      batchOf(schema, [
        { time: NOON, addr: ip(0) },
        {
          time: NOON + 999_999_999n,
          u8: 255,
          i8: -128,
          u16: 65_535,
          i16: -32_768,
          u32: 4_294_967_295,
          i32: -2_147_483_648,
          u64: 2n ** 64n - 1n,
          i64: -(2n ** 63n),
          flag: 1,
          lasted: 2n ** 64n - 1n,
          later: 1n,
          comm: '0123456789abcde',
          path: 'x'.repeat(4096),
          addr: ip(255),
          args: 'a\0\0-c\0last',
          direction: 1,
          flags: 0x1801,
        },
        {
          time: NOON,
          i8: 127,
          i64: 2n ** 63n - 1n,
          u64: 2n ** 53n + 1n,
          comm: bytes(0xff, 0xfe, 0, 0x0a, 0x09, 0x5c, 0x27, 0x1b),
          path: "'; DROP TABLE skep.rows; --\n\n\\N",
          addr: bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3),
          args: bytes(0xff, 0, 0x0a, 0),
          direction: 77,
        },
      ]),
    ]);
  });

  it.each([1, 2, 3])('keep random rows in random batches exactly (seed %i)', async (seed) => {
    const schema = schemaOf(EVERYTHING);
    const random = seeded(seed);
    const below = (n: number) => Math.floor(random() * n);
    const word = () => (BigInt(below(2 ** 32)) << 32n) | BigInt(below(2 ** 32));
    const bytes = (most: number) => Uint8Array.from({ length: below(most + 1) }, () => below(256));
    const batches = Array.from({ length: 4 }, () =>
      batchOf(
        schema,
        Array.from({ length: below(300) }, () => ({
          time: NOON + BigInt(below(1e9)),
          u8: below(256),
          i8: below(256) - 128,
          u16: below(65_536),
          i16: below(65_536) - 32_768,
          u32: below(2 ** 32),
          i32: below(2 ** 32) - 2 ** 31,
          u64: word(),
          i64: BigInt.asIntN(64, word()),
          flag: below(2),
          lasted: word() >> 30n,
          later: NOON - (word() >> 4n),
          comm: bytes(15),
          path: bytes([3, 60, 130, 300, 4096][below(5)]!),
          addr: Uint8Array.from({ length: 16 }, () => below(256)),
          args: bytes(40),
          direction: below(4),
          flags: below(2 ** 32),
        })),
      ),
    );
    await sameThereAndBack(schema, batches);
  });

  it.each([256, 257, 65_536, 65_537])('keep %i distinct words of one block', async (count) => {
    const schema = schemaOf([TIME, { name: 'comm', type: 'bytes', meaning: 'skep_comm_t' }]);
    const rows = Array.from({ length: count + 10 }, (_, i) => ({ time: NOON, comm: `c${i % count}` }));
    const table = await tableOf(schema);
    await insertBatches(engine, table, [batchOf(schema, rows)]);
    const found = await engine.query(
      `SELECT count(), uniqExact(comm), sum(comm = concat('c', toString(seq % ${count}))) FROM skep.${table.name}`,
    );
    expect(found).toBe(`${count + 10}\t${count}\t${count + 10}\n`);
  });

  it('keep empty words apart from others, wherever they come, in every block of a builder', async () => {
    const schema = schemaOf([TIME, { name: 'comm', type: 'bytes', meaning: 'skep_comm_t' }]);
    const table = await tableOf(schema);
    const builder = new BlockBuilder(table, { host: '', boot: '' });
    const blocks = [[''], ['', 'a'], ['a', ''], ['b', 'a'], ['', 'b', '', 'b']];
    for (const [i, words] of blocks.entries()) {
      builder.add(
        batchOf(
          schema,
          words.map((comm) => ({ time: NOON, comm })),
        ),
        BigInt(i * 10),
      );
      await engine.insert(table, Buffer.concat(builder.take()));
    }
    const found = await engine.query(`SELECT comm FROM skep.${table.name} ORDER BY seq`);
    expect(found).toBe(`${blocks.flat().join('\n')}\n`);
  });

  it('carry who wrote them, the interval, and whether it is complete', async () => {
    const schema = schemaOf([TIME, { name: 'n' }], { shape: 'table', source: "disks's" });
    const table = await tableOf(schema);
    const snapshot = { timeNs: NOON, intervalNs: 5_000_000_000n };
    await insertBatches(engine, table, [
      batchOf(schema, [{ time: NOON, n: 1 }], { snapshot: { ...snapshot, complete: true } }),
      batchOf(schema, [{ time: NOON, n: 2 }], { snapshot: { ...snapshot, complete: false } }),
    ]);
    const found = await engine.query(
      `SELECT host, boot, source, seq, n, interval_ns, toUInt8(complete) FROM skep.${table.name} ORDER BY seq`,
    );
    const who = "web-1\t00112233aabbccdd\tdisks\\'s";
    expect(found).toBe(`${who}\t0\t1\t5000000000\t1\n${who}\t1\t2\t5000000000\t0\n`);
  });

  it('name rows of a stream without a time by the clock', async () => {
    const schema = schemaOf([{ name: 'n' }]);
    const table = await tableOf(schema);
    await insertBatches(engine, table, [batchOf(schema, [{ n: 1 }])]);
    const seconds = engine.capabilities.dateTime64 ? 'toUnixTimestamp(ts)' : 'intDiv(ts, 1000000000)';
    const age = await engine.query(`SELECT toUnixTimestamp(now()) - ${seconds} FROM skep.${table.name}`);
    expect(Number(age)).toBeLessThan(60);
    expect(Number(age)).toBeGreaterThanOrEqual(-1);
  });

  it('store a field with the name of a column of every table under the name of its plugin', async () => {
    const schema = schemaOf([
      TIME,
      { name: 'host', type: 'bytes', meaning: 'skep_text_t', size: 256 },
      { name: 'seq', type: 'u64' },
      { name: 'source' },
    ]);
    const table = await tableOf(schema);
    await insertBatches(engine, table, [batchOf(schema, [{ time: NOON, host: 'example.org', seq: 9n, source: 4 }])]);
    const found = await engine.query(
      `SELECT host, seq, source, tool_host, tool_seq, tool_source FROM skep.${table.name}`,
    );
    expect(found).toBe('web-1\t0\ttool\texample.org\t9\t4\n');
  });

  it('give the time under the name it has in JSON too', async () => {
    const schema = schemaOf([TIME]);
    const table = await tableOf(schema);
    await insertBatches(engine, table, [batchOf(schema, [{ time: NOON }])]);
    expect(await engine.query(`SELECT time = ts FROM skep.${table.name}`)).toBe('1\n');
  });

  it('know labels that a later version of the plugin adds', async () => {
    const member = { name: 'direction', labels: LABELS };
    const schema = schemaOf([TIME, member]);
    const table = await tableOf(schema);
    const later = schemaOf([TIME, { ...member, labels: new Map([...LABELS, [3, 'TRIM']]) }], { stream: schema.stream });
    const [second] = planTables({ ...later, stream: table.schema.stream }, SETTINGS, engine.capabilities);
    await insertBatches(engine, second, [batchOf(later, [{ time: NOON, direction: 3 }])]);
    expect(await engine.query(`SELECT direction FROM skep.${table.name}`)).toBe('TRIM\n');
  });
});
