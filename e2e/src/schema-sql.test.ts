import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClickHouseServer, hasClickHouse } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { startSkep } from './support/skep.js';

/** A sink that has tables and nothing else, as a third party would write it. */
const SINK = `
import { defineSink } from '@skep/core';
import { schemaSql, tableOptions } from '@skep/sink-clickhouse';
export default defineSink({
  options: tableOptions,
  create() { throw new Error('not wanted'); },
  schemaSql: (schemas, options, version) => schemaSql(schemas, options, version),
});
`;

function configuration(options = ''): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'tables.mjs'), SINK);
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins:
  opens: opensnoop
  failed: { use: opensnoop, options: { failed: true } }
  disk: { use: biolatency, options: { disks: true } }
  queue: runqlat
  sessions: tcplife
processors:
  counts: { use: aggregate, from: opens, every: 10s, by: [comm] }
sinks:
  store: { use: ./tables.mjs${options}, from: [failed, counts, disk, queue, sessions] }
`,
  );
  return file;
}

async function run(...args: string[]) {
  const { code, stdout, stderr } = await startSkep(args).ended;
  return { code, stdout, stderr };
}

describe('skep schema --sql', () => {
  it('prints the same text every time, with what the options of the sink say', async () => {
    const file = configuration(', database: kernel, ttl: 30d');
    const first = await run('schema', '--sql', file);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('CREATE TABLE IF NOT EXISTS `kernel`.`opensnoop_opens`');
    expect(first.stdout).toContain('INTERVAL 30 DAY');
    expect(first.stdout).toContain('`unit` LowCardinality(String)');
    expect((await run('schema', '--sql', file)).stdout).toBe(first.stdout);
  });

  it.skipIf(!hasClickHouse())('runs when piped into clickhouse-client, twice', async () => {
    const server = await ClickHouseServer.start();
    try {
      const version = (await server.query('SELECT version()')).trim();
      const { stdout } = await run('schema', '--sql', '--server-version', version, configuration());
      for (let round = 0; round < 2; round++) {
        const port = String(server.config.tcpPort);
        const client = spawnSync('clickhouse-client', ['--host', '127.0.0.1', '--port', port, '--multiquery'], {
          input: stdout,
          encoding: 'utf8',
        });
        expect(client).toMatchObject({ status: 0, stderr: '' });
      }
      const tables = await server.query(
        "SELECT name FROM system.tables WHERE database = 'skep' AND engine LIKE '%MergeTree' ORDER BY name",
      );
      expect(tables.split('\n').slice(0, -1)).toEqual([
        'biolatency_latency',
        'opensnoop_counts',
        'opensnoop_opens',
        'runqlat_latency',
        'skep_agents',
        'skep_losses',
        'skep_schema',
        'tcplife_sessions',
      ]);
      // Every view can be asked.
      const views = await server.query("SELECT name FROM system.tables WHERE database = 'skep' AND engine = 'View'");
      for (const name of views.split('\n').slice(0, -1)) await server.query(`SELECT * FROM skep.${name}`);
      expect(views).toContain('tcplife_sessions_by_raddr');
    } finally {
      await server.close();
    }
  });

  it('explains what does not go together', async () => {
    expect(await run('schema', 'skep.yaml')).toMatchObject({ code: 2, stderr: expect.stringContaining('--sql only') });
    expect(await run('schema', '--sql', '--server-version', 'old')).toMatchObject({ code: 2 });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'skep.yaml'), 'version: 1\nplugins: { opens: opensnoop }\n');
    expect(await run('schema', '--sql', join(folder, 'skep.yaml'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no sink stores into tables'),
    });
  });
});
