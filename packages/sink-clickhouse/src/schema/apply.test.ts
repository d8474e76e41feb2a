import type { Schema } from '@skep/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { capabilitiesOf } from '../capabilities.js';
import type { Engine } from '../engine.js';
import { ENGINES, engineOver, insertBatches, type TestEngine } from '../engines/fixture.js';
import { batchOf, EVERYTHING, schemaOf, TIME } from '../native/fixture.js';
import { applySchema } from './apply.js';
import { planTables } from './plan-table.js';
import { dropExpiredDays } from './retention.js';
import { schemaScript } from './script.js';
import type { Table, TableSettings } from './table.js';

const DAY_MS = 86_400_000;
const NOON = BigInt(Math.floor(Date.now() / DAY_MS)) * 86_400_000_000_000n + 43_200_000_000_000n;

describe.each(ENGINES)('the schema in %s', (_, start) => {
  let engine: TestEngine;
  let settings: TableSettings;
  let databases = 0;
  const commands: string[] = [];

  beforeAll(async () => {
    engine = await start();
  });
  afterAll(() => engine.close());
  beforeEach(() => {
    settings = { database: `skep_${databases++}` };
    commands.length = 0;
  });

  function watched(): Engine {
    const plain = engineOver(engine);
    return {
      ...plain,
      command: (sql) => {
        commands.push(sql);
        return plain.command(sql);
      },
    };
  }

  async function apply(schemas: readonly Schema[], host = 'web-1', used = settings): Promise<Table[]> {
    const { capabilities } = engine;
    const tables = schemas.flatMap((schema) => planTables(schema, used, capabilities));
    const warn = (message: string) => {
      throw new Error(message);
    };
    return applySchema(watched(), tables, { settings: used, capabilities, host, warn });
  }

  async function columnsIn(table: string): Promise<string[]> {
    const text = await engine.query(
      `SELECT name, type FROM system.columns WHERE database = '${settings.database}' AND table = '${table}'`,
    );
    return text.split('\n').slice(0, -1);
  }

  it('is made once: a second start changes nothing', async () => {
    const schemas = [schemaOf(EVERYTHING), schemaOf([TIME, { name: 'n' }], { stream: 'other', shape: 'table' })];
    await apply(schemas);
    const before = [await columnsIn('tool_rows'), await columnsIn('tool_other')];
    commands.length = 0;
    await apply(schemas);
    expect(commands).toEqual([]);
    expect([await columnsIn('tool_rows'), await columnsIn('tool_other')]).toEqual(before);
    const versions = await engine.query(`SELECT stream, host FROM ${settings.database}.skep_schema ORDER BY stream`);
    expect(versions).toBe('tool_other\tweb-1\ntool_rows\tweb-1\n');
  });

  it('gains the columns of a new version, and an old agent beside it gives them their default', async () => {
    const oldSchema = schemaOf([TIME, { name: 'n' }]);
    const newSchema = schemaOf([TIME, { name: 'n' }, { name: 'comm', type: 'bytes', meaning: 'skep_comm_t' }]);
    const [oldTable] = await apply([oldSchema]);
    const [newTable] = await apply([newSchema], 'web-2');
    await insertBatches(engine, oldTable!, [batchOf(oldSchema, [{ time: NOON, n: 1 }])]);
    await insertBatches(engine, newTable!, [batchOf(newSchema, [{ time: NOON, n: 2, comm: 'x' }])]);
    // The old agent starts again, and takes nothing away.
    const [again] = await apply([oldSchema]);
    await insertBatches(engine, again!, [batchOf(oldSchema, [{ time: NOON, n: 3 }])]);
    const rows = await engine.query(`SELECT n, comm FROM ${settings.database}.tool_rows ORDER BY n`);
    expect(rows).toBe('1\t\n2\tx\n3\t\n');
    const versions = await engine.query(`SELECT count(), uniqExact(version) FROM ${settings.database}.skep_schema`);
    expect(versions).toBe('2\t2\n');
  });

  it('gives a changed type a column of its own, and both versions go on', async () => {
    const oldSchema = schemaOf([TIME, { name: 'size', type: 'u32' }]);
    const newSchema = schemaOf([TIME, { name: 'size', type: 'u64' }]);
    const [oldTable] = await apply([oldSchema]);
    const [newTable] = await apply([newSchema]);
    const [again] = await apply([newSchema]);
    expect(newTable!.columns.at(-1)!.name).toBe('size_uint64');
    expect(again!.columns).toEqual(newTable!.columns);
    await insertBatches(engine, oldTable!, [batchOf(oldSchema, [{ time: NOON, size: 7 }])]);
    await insertBatches(engine, newTable!, [batchOf(newSchema, [{ time: NOON, size: 2n ** 40n }])]);
    const rows = await engine.query(`SELECT size, size_uint64 FROM ${settings.database}.tool_rows ORDER BY size`);
    expect(rows).toBe('0\t1099511627776\n7\t0\n');
  });

  it('is shared by two sources of one plugin with different columns', async () => {
    const all = schemaOf([TIME, { name: 'n' }], { source: 'all' });
    const some = schemaOf([TIME, { name: 'pid' }, { name: 'n' }], { source: 'some' });
    const tables = await apply([all, some]);
    await insertBatches(engine, tables[0]!, [batchOf(all, [{ time: NOON, n: 1 }])]);
    await insertBatches(engine, tables[1]!, [batchOf(some, [{ time: NOON, n: 2, pid: 9 }])]);
    const rows = await engine.query(`SELECT source, n, pid FROM ${settings.database}.tool_rows ORDER BY n`);
    expect(rows).toBe('all\t1\t0\nsome\t2\t9\n');
  });

  it('is the same after several agents have brought it up at once', async () => {
    const small = schemaOf([TIME, { name: 'n' }]);
    const large = schemaOf([TIME, { name: 'n' }, ...['a', 'b', 'c', 'd'].map((name) => ({ name }))]);
    await apply([small]);
    await Promise.all([apply([large], 'web-1'), apply([large], 'web-2'), apply([small], 'web-3')]);
    const added = (await columnsIn('tool_rows')).filter((column) => /^[a-d]\t/.test(column)).sort();
    expect(added).toEqual(['a\tUInt32', 'b\tUInt32', 'c\tUInt32', 'd\tUInt32']);
  });

  it('keeps the types that an older server was given when that server is upgraded', async () => {
    const schema = schemaOf(EVERYTHING);
    const old = capabilitiesOf('18.16.1');
    const tables = planTables(schema, settings, old);
    await applySchema(engineOver(engine), tables, { settings, capabilities: old, host: 'web-1', warn: () => {} });
    const [table] = await apply([schema]);
    expect(table!.columns.map((column) => [column.name, column.representation.type])).toEqual(
      tables[0].columns.map((column) => [column.name, column.representation.type]),
    );
    await insertBatches(engine, table!, [
      batchOf(schema, [{ time: NOON, comm: 'c', u64: 2n ** 64n - 1n, flag: 1, direction: 1 }]),
    ]);
    const row = await engine.query(`SELECT ts, comm, u64, flag, direction FROM ${settings.database}.tool_rows`);
    expect(row).toBe(`${NOON}\tc\t18446744073709551615\t1\tWRI\\'TE\n`);
  });

  it('leaves alone a table that skep did not make', async () => {
    await engine.query(`CREATE DATABASE ${settings.database}`);
    await engine.query(
      `CREATE TABLE ${settings.database}.tool_rows (ts String) ENGINE = MergeTree PARTITION BY tuple() ORDER BY ts`,
    );
    await expect(apply([schemaOf([TIME])])).rejects.toMatchObject({ code: 'SKEP_SCHEMA' });
  });

  it('follows the TTL of the configuration where the engine has one, and leaves one that nobody mentions', async () => {
    if (!engine.capabilities.ttl) return;
    const schema = schemaOf([TIME]);
    await apply([schema]);
    const ttlIn = async () =>
      (
        await engine.query(
          `SELECT extract(engine_full, 'toInterval\\w+\\([0-9]+\\)') FROM system.tables WHERE database = '${settings.database}' AND name = 'tool_rows'`,
        )
      ).trim();
    expect(await ttlIn()).toBe('');
    await apply([schema], 'web-1', { ...settings, ttlMs: 30 * DAY_MS });
    expect(await ttlIn()).toBe('toIntervalDay(30)');
    await apply([schema], 'web-1', { ...settings, ttlMs: 36 * 3_600_000 });
    expect(await ttlIn()).toBe('toIntervalHour(36)');
    commands.length = 0;
    await apply([schema], 'web-1', { ...settings, ttlMs: 36 * 3_600_000 });
    await apply([schema]);
    expect(commands.filter((sql) => sql.includes('ALTER'))).toEqual([]);
  });

  it('drops days over the TTL, and only those, where the server does not do it', async () => {
    const schema = schemaOf([TIME, { name: 'n' }]);
    const [table] = await apply([schema]);
    const day = 86_400_000_000_000n;
    for (const age of [0, 1, 2, 3]) {
      await insertBatches(engine, table!, [batchOf(schema, [{ time: NOON - BigInt(age) * day, n: age }])]);
    }
    const nowMs = Number(NOON / 1_000_000n);
    const used = { ...settings, ttlMs: 2 * DAY_MS };
    expect(await dropExpiredDays(engineOver(engine), [table!], used, nowMs)).toBe(1);
    expect(await dropExpiredDays(engineOver(engine), [table!], used, nowMs)).toBe(0);
    expect(
      await engine.query(`SELECT groupArray(n) FROM (SELECT n FROM ${settings.database}.tool_rows ORDER BY n)`),
    ).toBe('[0,1,2]\n');
  });

  it('is also a script, which gives the same tables and can be run again', async () => {
    const frames = { name: 'frames', type: 'bytes', meaning: 'skep_frames', size: 0 } as const;
    const schemas = [
      schemaOf(EVERYTHING),
      schemaOf([TIME, { name: 'pid' }, { name: 'n' }], { stream: 'top', shape: 'table', keys: ['pid'] }),
      schemaOf([TIME, { name: 'n' }, { name: 'more' }], { stream: 'top', shape: 'table', source: 'second' }),
      schemaOf([TIME, frames, { name: 'n' }], { stream: 'stacks', shape: 'stacks' }),
    ];
    const script = schemaScript(schemas, settings, engine.capabilities);
    expect(schemaScript(schemas, settings, engine.capabilities)).toBe(script);
    for (let round = 0; round < 2; round++) {
      for (const sql of script.split(/;\n\n?/)) if (sql !== '') await engine.query(sql);
    }
    const made = [await columnsIn('tool_rows'), await columnsIn('tool_top'), await columnsIn('tool_stacks_stacks')];
    commands.length = 0;
    await apply(schemas);
    expect(commands.filter((sql) => sql.startsWith('ALTER'))).toEqual([]);
    expect([await columnsIn('tool_rows'), await columnsIn('tool_top'), await columnsIn('tool_stacks_stacks')]).toEqual(
      made,
    );
  });
});
