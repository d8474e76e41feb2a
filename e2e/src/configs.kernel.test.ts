import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareHeaders } from '@skep/headers';
import { ClickHouseServer, clusterXml, freePort, hasClickHouse, hasZooKeeper, ZooKeeper } from '@skep/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT, temporaryFolder } from './support/paths.js';
import { accountOf, type Ended, linesOf, runSkep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';
import { until } from './support/until.js';

// One of them has programs that are compiled when it starts.
Object.assign(
  process.env,
  prepareHeaders(() => undefined),
);

const FILES = readdirSync(join(ROOT, 'configs')).filter((name) => /\.ya?ml$/.test(name));

describe.each(FILES)('configs/%s', (name) => {
  it('has no mistakes', async () => {
    const { code, stdout, stderr } = await runSkep(['check', join('configs', name)]);
    // Of programs it says whether they were compiled, and with which headers.
    expect(stderr.replace(/^skep: (compiled, not attached|the kernel headers at)[: ].*\n?/gm, '')).toBe('');
    expect(stdout).toMatch(/\d+ plugins?, (\d+ processors?, )?\d+ sinks?, no mistakes\n$/);
    expect(code).toBe(0);
  });

  it('runs, and the account of every stream adds up', async () => {
    const text = readFileSync(join(ROOT, 'configs', name), 'utf8');
    const { plugins, sinks } = parse(text) as { plugins: object; sinks: Readonly<Record<string, { url?: string }>> };
    // What needs a server has one below.
    if (Object.values(sinks).some(({ url }) => url?.startsWith('http'))) return;
    await runFor2s(copyOf(text), Object.keys(plugins));
  });
});

/** A configuration in a folder of its own, so that `../data` is there too. */
function copyOf(text: string): string {
  const folder = join(temporaryFolder(), 'configs');
  mkdirSync(folder);
  writeFileSync(join(folder, 'skep.yaml'), text);
  return join(folder, 'skep.yaml');
}

async function runFor2s(file: string, plugins: readonly string[]): Promise<void> {
  expectSound(await runSkep(['run', file, '--duration', '2s']), plugins);
}

function expectSound({ code, stderr }: Ended, plugins: readonly string[]): void {
  expect(stderr).not.toMatch(/error|unaccounted|^\s+at /m);
  const accounts = linesOf(stderr).filter((line) => line.includes(' attempted = '));
  for (const plugin of plugins) {
    expect(accounts.filter((line) => line.startsWith(`skep: ${plugin}.`)).length, plugin).toBeGreaterThan(0);
  }
  expect(code).toBe(0);
}

describe.skipIf(!hasClickHouse())('configurations with a ClickHouse server', () => {
  const servers: ClickHouseServer[] = [];
  let zookeeper: ZooKeeper | undefined;
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await zookeeper?.close();
    zookeeper = undefined;
  });

  /** The file as it is, but for the port; run until this server has rows of a table, and asked as its head says. */
  async function store(name: string, { url }: ClickHouseServer, server: ClickHouseServer, table: string) {
    const text = readFileSync(join(ROOT, 'configs', name), 'utf8');
    expect(text).toContain('http://127.0.0.1:8123\n');
    const file = copyOf(text.replace('http://127.0.0.1:8123', url));
    const skep = startSkep(['run', file]);
    await skep.attached();
    const count = () => server.query(`SELECT count() FROM skep.${table}`).catch(() => '0');
    await until(
      `rows are in ${table}`,
      async () => Number(await count()) > 0,
      () => skep.stderr,
    );
    skep.kill('SIGINT');
    expectSound(await skep.ended, Object.keys((parse(text) as { plugins: object }).plugins));
    return file;
  }

  it('configs/clickhouse.yaml stores to it', async () => {
    servers.push(await ClickHouseServer.start());
    const file = await store('clickhouse.yaml', servers[0]!, servers[0]!, 'opensnoop_opens');
    const { code, stdout } = await runSkep(['query', 'top-opens', '-c', file]);
    expect(stdout).toMatch(/^path +opens/);
    expect(code).toBe(0);
  });

  it.skipIf(!hasZooKeeper())('configs/cluster.yaml stores to two shards, and any of them answers', async () => {
    zookeeper = await ZooKeeper.start();
    const ports = [await freePort(), await freePort()];
    for (const [i, tcpPort] of ports.entries()) {
      const extra = clusterXml('main', ports) + zookeeper.xml(`shard${i}`);
      servers.push(await ClickHouseServer.start({ tcpPort, extra }));
    }
    const [first, second] = servers as [ClickHouseServer, ClickHouseServer];
    const file = await store('cluster.yaml', first, second, 'runqlat_latency');
    const { code, stdout } = await runSkep(['query', 'agents', '-c', file, '-o', 'json']);
    expect(linesOf(stdout)).toHaveLength(1);
    expect(code).toBe(0);
  });
});

// It builds what has changed.
it('npm start runs the quickstart and prints queries that work', { timeout: 1_800_000 }, async () => {
  const run = () => spawnSync('npm', ['start', '--', '--duration', '3s'], { cwd: ROOT, encoding: 'utf8' });
  let start = run();
  // On a busy machine the store may have started too late for the rows of a first run.
  for (let n = 0; n < 5 && /wait in the spool for the next start/.test(start.stderr); n++) start = run();
  expect(start.status, start.stderr).toBe(0);
  const queries = [...start.stderr.matchAll(/^ {4}npx skep (query .*)$/gm)].map(([, command]) => command!);
  expect(queries.length).toBeGreaterThan(2);
  for (const command of queries) {
    const { status, stdout, stderr } = spawnSync(`npx skep ${command}`, { cwd: ROOT, encoding: 'utf8', shell: true });
    expect(status, `${command}\n${stderr}`).toBe(0);
    expect(linesOf(stdout).length, command).toBeGreaterThan(1);
  }
});

it('an agent of several plugins and two sinks sends each row where it belongs', async () => {
  const storm = new Storm('/skep-e2e/no/such/file');
  const folder = temporaryFolder();
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins:
  opens: { use: opensnoop, options: { pid: ${storm.pid} } }
  failed: { use: opensnoop, options: { pid: ${storm.pid}, failed: true } }
  top: { use: biotop, every: 1s }
  queue: { use: runqlat, every: 500ms }
sinks:
  screen: { use: stdout, format: json, from: [opens], where: "err == 2 && pid == ${storm.pid}" }
  archive: { use: file, path: ./all.jsonl }\n`,
  );
  const skep = startSkep(['run', file]);
  await skep.attached();
  await storm.open(1009);
  await skep.until('a snapshot is written', () =>
    linesOf(readFileSync(join(folder, 'all.jsonl'), 'utf8')).some((line) => line.includes('"source":"queue"')),
  );
  skep.kill('SIGINT');
  const { code, stdout, stderr } = await skep.ended;
  expect(linesOf(stdout)).toHaveLength(1009);
  const rows = linesOf(readFileSync(join(folder, 'all.jsonl'), 'utf8')).map(
    (line) => JSON.parse(line) as { source: string },
  );
  for (const source of ['opens', 'failed']) expect(rows.filter((row) => row.source === source)).toHaveLength(1009);
  for (const head of ['opens.opens -> screen', 'opens.opens -> archive', 'failed.opens -> archive']) {
    expect(accountOf(stderr, head)).toMatchObject({ attempted: 1009, delivered: 1009, lost: 0 });
  }
  expect(
    linesOf(stderr).filter((line) => /^skep: (top|queue)\..* -> archive: .* attempted = /.test(line)),
  ).toHaveLength(2);
  expect(stderr).not.toMatch(/unaccounted|held|error/);
  expect(code).toBe(0);
});
