import { ClickHouseServer, clusterXml, freePort, hasClickHouse, hasZooKeeper, ZooKeeper } from '@skep/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capabilitiesOf } from '../capabilities.js';
import { engineOver } from '../engines/fixture.js';
import { BlockBuilder } from '../native/block-builder.js';
import { batchOf, schemaOf, TIME } from '../native/fixture.js';
import { applySchema } from './apply.js';
import { createDatabase, createStatements, insertSettings, tableReference } from './create.js';
import { planTables } from './plan-table.js';
import type { TableSettings } from './table.js';

const NOON = 1_769_860_800_000_000_000n;

describe.skipIf(!hasClickHouse())('tables of a cluster of two shards', () => {
  const servers: ClickHouseServer[] = [];
  const schema = schemaOf([TIME, { name: 'n' }, { name: 'frames', type: 'bytes', meaning: 'skep_frames', size: 0 }], {
    shape: 'stacks',
  });
  // Nobody coordinates these servers: statements go to each, as docs/storage.md says.
  const settings: TableSettings = {
    database: 'skep',
    cluster: { name: 'two-shards', replicated: false, onCluster: false },
  };

  beforeAll(async () => {
    const ports = [await freePort(), await freePort()];
    const extra = clusterXml('two-shards', ports);
    for (const tcpPort of ports) servers.push(await ClickHouseServer.start({ tcpPort, extra }));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });

  it('spread hosts over the shards, keep each host on one, and answer for all from any server', async () => {
    const [first, second] = servers as [ClickHouseServer, ClickHouseServer];
    const capabilities = capabilitiesOf(await first.query('SELECT version()'));
    const tables = planTables(schema, settings, capabilities);
    for (const server of servers) {
      await server.query(createDatabase(settings));
      for (const table of tables) {
        for (const sql of createStatements(table, settings, capabilities)) await server.query(sql);
      }
    }
    const hosts = Array.from({ length: 8 }, (_, i) => `web-${i}`);
    for (const [i, host] of hosts.entries()) {
      for (const table of tables) {
        const builder = new BlockBuilder(table, { host, boot: '00112233aabbccdd' });
        builder.add(
          batchOf(schema, [
            { time: NOON, n: 1, frames: 'a;b' },
            { time: NOON, n: 2, frames: `a;${host}` },
          ]),
          0n,
        );
        const names = table.columns.map(({ name }) => name).join(', ');
        // Either server takes any host.
        await servers[i % 2]!.query(
          `INSERT INTO ${tableReference(table)} (${names}) FORMAT Native`,
          Buffer.concat(builder.take()),
          insertSettings(settings),
        );
      }
    }

    const local = await Promise.all(
      servers.map((server) => server.query('SELECT DISTINCT host FROM skep.tool_rows_local ORDER BY host')),
    );
    const [onFirst, onSecond] = local.map((text) => text.split('\n').slice(0, -1)) as [string[], string[]];
    expect([...onFirst, ...onSecond].sort()).toEqual(hosts);
    expect(onFirst.length).toBeGreaterThan(0);
    expect(onSecond.length).toBeGreaterThan(0);
    for (const server of servers) {
      expect(await server.query('SELECT count(), uniqExact(host), sum(n) FROM skep.tool_rows')).toBe('16\t8\t24\n');
    }
    // A stack seen by all hosts is on one shard, by its id.
    const merged = 'SELECT count(), uniqExact(stack_id) FROM skep.tool_rows_stacks';
    const [stacks] = (await second.query(merged)).trim().split('\t').slice(1);
    expect(stacks).toBe('9');
  });

  it('cannot be made ON CLUSTER without ZooKeeper or Keeper, and the server says so', async () => {
    const onCluster = { ...settings, cluster: { ...settings.cluster!, onCluster: true } };
    await expect(servers[0]!.query(createDatabase(onCluster))).rejects.toThrow(/Code: 49.*DDL/s);
  });
});

describe.skipIf(!hasClickHouse() || !hasZooKeeper())('replicated tables of a cluster', () => {
  const servers: ClickHouseServer[] = [];
  let zookeeper: ZooKeeper | undefined;
  const settings: TableSettings = {
    database: 'skep',
    cluster: { name: 'two-shards', replicated: true, onCluster: true },
  };

  beforeAll(async () => {
    zookeeper = await ZooKeeper.start();
    const ports = [await freePort(), await freePort()];
    for (const [i, tcpPort] of ports.entries()) {
      const extra = clusterXml('two-shards', ports) + zookeeper.xml(`shard${i}`);
      servers.push(await ClickHouseServer.start({ tcpPort, extra }));
    }
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await zookeeper?.close();
  });

  it('are made, and given columns, on every server by one agent that knows one of them', async () => {
    const [first, second] = servers as [ClickHouseServer, ClickHouseServer];
    const version = await first.query('SELECT version()');
    const capabilities = capabilitiesOf(version);
    const engine = engineOver({ version, capabilities, query: (sql) => first.query(sql) });
    const apply = (members: readonly { readonly name: string }[]) =>
      applySchema(engine, planTables(schemaOf([TIME, ...members]), settings, capabilities), {
        settings,
        capabilities,
        host: 'web-1',
        warn: (message) => {
          throw new Error(message);
        },
      });
    await apply([{ name: 'n' }]);
    const schema = schemaOf([TIME, { name: 'n' }, { name: 'more' }]);
    const [table] = await apply([{ name: 'n' }, { name: 'more' }]);
    for (const host of ['web-1', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6']) {
      const builder = new BlockBuilder(table!, { host, boot: '' });
      builder.add(batchOf(schema, [{ time: NOON, n: 1, more: 2 }]), 0n);
      await second.query(
        `INSERT INTO ${tableReference(table!)} (${table!.columns.map(({ name }) => name).join(', ')}) FORMAT Native`,
        Buffer.concat(builder.take()),
        insertSettings(settings),
      );
    }
    for (const server of servers) {
      expect(await server.query('SELECT count(), sum(more) FROM skep.tool_rows')).toBe('6\t12\n');
      expect(await server.query('SELECT count() > 0 FROM skep.tool_rows_local')).toBe('1\n');
      expect(await server.query("SELECT engine FROM system.tables WHERE name = 'tool_rows_local'")).toBe(
        'ReplicatedMergeTree\n',
      );
      expect(await server.query('SELECT count() FROM skep.skep_schema')).toBe('2\n');
    }
  });
});
