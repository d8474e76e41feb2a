import { describe, expect, it } from 'vitest';
import { capabilitiesOf, NEWEST } from '../capabilities.js';
import { EVERYTHING, schemaOf, TIME } from '../native/fixture.js';
import { createDatabase, createStatements } from './create.js';
import { planTables } from './plan-table.js';
import type { TableSettings } from './table.js';

const NEW = capabilitiesOf(NEWEST);
const OLD = capabilitiesOf('18.16.1');
const SETTINGS: TableSettings = { database: 'skep' };
const ddl = (schema: Parameters<typeof planTables>[0], settings: TableSettings = SETTINGS, capabilities = NEW) =>
  planTables(schema, settings, capabilities)
    .flatMap((table) => createStatements(table, settings, capabilities))
    .join('\n');

const HOSTILE = [
  "a'; DROP TABLE x",
  'a`b',
  'a.b',
  'a b',
  '',
  'a\nb',
  '1a',
  'a\\',
  'ä',
  'a--',
  '`',
  'x'.repeat(200),
  'a\0',
];

describe('planTables', () => {
  it.each(HOSTILE)('refuses %j as the name of a database', (database) => {
    expect(() => createDatabase({ database })).toThrow(expect.objectContaining({ code: 'SKEP_OPTION' }));
    expect(() => ddl(schemaOf([TIME]), { database })).toThrow(expect.objectContaining({ code: 'SKEP_OPTION' }));
  });

  it.each(HOSTILE.filter((name) => !['a.b', 'a--'].includes(name)))('refuses %j as the name of a cluster', (name) => {
    const settings = { ...SETTINGS, cluster: { name, replicated: false, onCluster: true } };
    expect(() => ddl(schemaOf([TIME]), settings)).toThrow(expect.objectContaining({ code: 'SKEP_OPTION' }));
  });

  it.each(HOSTILE)('refuses %j as the name of a field', (name) => {
    expect(() => ddl(schemaOf([TIME, { name }]))).toThrow(expect.objectContaining({ code: 'SKEP_SCHEMA' }));
  });

  it('quotes the sentences of a plugin', () => {
    const doc = "it's \\ a `test`\n\0'); DROP TABLE x --";
    expect(ddl(schemaOf([TIME, { name: 'n', doc }]))).toContain(
      "`n` UInt32 COMMENT 'it\\'s \\\\ a `test`\\n\\0\\'); DROP TABLE x --' CODEC(ZSTD(1))",
    );
  });

  it('takes a plugin with a hyphen in its name', () => {
    expect(planTables(schemaOf([TIME], { plugin: 'my-tool' }), SETTINGS, NEW)[0].name).toBe('my_tool_rows');
  });

  it('refuses two fields that would be one column', () => {
    const schema = schemaOf([TIME, { name: 'host' }, { name: 'tool_host' }]);
    expect(() => ddl(schema)).toThrow(/two columns "tool_host"/);
  });

  it('sorts events by their keys, or by program, and snapshots by what is asked of their shape', () => {
    const comm = { name: 'comm', type: 'bytes', meaning: 'skep_comm_t' } as const;
    const orderOf = (schema: ReturnType<typeof schemaOf>) => planTables(schema, SETTINGS, NEW)[0].orderBy;
    const members = [TIME, { name: 'low' }, { name: 'a' }, { name: 'b' }, { name: 'c' }, comm];
    expect(orderOf(schemaOf([TIME]))).toEqual(['host', 'ts']);
    expect(orderOf(schemaOf(members))).toEqual(['host', 'comm', 'ts']);
    expect(orderOf(schemaOf(members, { keys: ['b', 'a', 'c'] }))).toEqual(['host', 'b', 'a', 'ts']);
    expect(orderOf(schemaOf(members, { keys: ['a'], shape: 'table' }))).toEqual(['host', 'ts', 'seq']);
    const histogram = { low: 'low', high: 'b', count: 'c', unit: 'usecs', sections: [] };
    const layout = { columns: [], histogram };
    expect(orderOf(schemaOf(members, { keys: ['a'], shape: 'histogram', layout }))).toEqual(['host', 'a', 'low', 'ts']);
  });

  it('uses only what a server of 2018 knows when asked to', () => {
    const text = ddl(schemaOf(EVERYTHING), { ...SETTINGS, ttlMs: 1 }, OLD);
    expect(text).not.toMatch(/DateTime64|LowCardinality|CODEC|TTL|IPv6\b(?!Num)|Bool|deduplication/);
  });

  it('says how long rows are kept in the largest whole unit, and keeps stacks longer than samples', () => {
    const ttl = (ttlMs: number) => /INTERVAL \d+ \w+/.exec(ddl(schemaOf([TIME]), { ...SETTINGS, ttlMs }))?.[0];
    expect([ttl(30 * 86_400_000), ttl(36 * 3_600_000), ttl(90_000), ttl(1)]).toEqual([
      'INTERVAL 30 DAY',
      'INTERVAL 36 HOUR',
      'INTERVAL 90 SECOND',
      'INTERVAL 1 SECOND',
    ]);
    const stacks = schemaOf([TIME, { name: 'frames', type: 'bytes', meaning: 'skep_frames', size: 0 }, { name: 'n' }], {
      shape: 'stacks',
    });
    expect(ddl(stacks, { ...SETTINGS, ttlMs: 86_400_000 }).match(/INTERVAL \d+ \w+/g)).toEqual([
      'INTERVAL 1 DAY',
      'INTERVAL 3 DAY',
    ]);
  });

  it('asks for a window of tokens on every table, and for syncs when every insert has to last', () => {
    expect(ddl(schemaOf([TIME]))).toContain('non_replicated_deduplication_window = 1000');
    expect(ddl(schemaOf([TIME]), { ...SETTINGS, fsync: true })).toContain('fsync_after_insert = 1');
  });

  it('puts a Distributed table in front of a replicated one on a cluster', () => {
    const cluster = { name: 'main-eu', replicated: true, onCluster: true };
    const text = ddl(schemaOf([TIME]), { ...SETTINGS, cluster });
    expect(text).toContain('CREATE TABLE IF NOT EXISTS `skep`.`tool_rows_local` ON CLUSTER `main-eu`');
    expect(text).toContain("ReplicatedMergeTree('/clickhouse/tables/{shard}/skep/tool_rows_local', '{replica}')");
    expect(text).toContain('replicated_deduplication_window_seconds = 604800');
    expect(text).toContain('Distributed(`main-eu`, `skep`, `tool_rows_local`, cityHash64(host))');
  });
});

describe('capabilitiesOf', () => {
  it('knows what came when', () => {
    expect(capabilitiesOf('18.16.1')).toMatchObject({ lowCardinality: false, dateTime64: false, ttl: false });
    expect(capabilitiesOf('20.1.2.3')).toMatchObject({ dateTime64: true, deduplicationToken: false });
    expect(capabilitiesOf('22.2.2.1')).toMatchObject({ deduplicationToken: true, convertsBlocks: false });
    expect(capabilitiesOf('26.7.2.1')).toMatchObject({ convertsBlocks: true, boolType: true });
  });

  it('expects nothing of what does not look like a version', () => {
    const { version: _, ...can } = capabilitiesOf('nightly');
    expect(Object.values(can).some(Boolean)).toBe(false);
  });
});
