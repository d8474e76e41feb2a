// Somebody outside of this repository writes a plugin, a sink and a processor, with what npm gives them and nothing else.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, startSkep } from './support/skep.js';
import {
  asNobody,
  emptyFolder,
  giveAway,
  install,
  packForStranger,
  packOwn,
  remove,
  type Tarballs,
  withDependencies,
  workshopOf,
} from './support/stranger.js';

const home = emptyFolder();
const plugin = join(home, 'skep-plugin-ends');
const agent = join(home, 'agent');
let tarballs: Tarballs;

beforeAll(() => {
  tarballs = packForStranger(join(home, 'tarballs'));
  const made = ['core', 'create-skep-plugin'].map((name) => `--package=${tarballs.get(name)}`);
  // What `npm create skep-plugin ends` does, without a registry.
  execFileSync('npm', ['exec', '--yes', '--prefer-offline', ...made, '--', 'create-skep-plugin', 'ends'], {
    cwd: home,
  });
  install(plugin, workshopOf(tarballs), ['--save-dev']);
  giveAway(plugin);
  execFileSync('mkdir', [agent]);
  install(
    agent,
    [...tarballs].filter(([name]) => AGENT.includes(name)).map(([, file]) => file),
  );
});
afterAll(() => remove(home));

/** What runs where nobody compiles; the tools to write plugins come with the command. */
const AGENT = withDependencies(['cli', 'sink-file', 'sink-clickhouse']);

/** Change a file of the plugin; what is to be replaced must be there. */
function edit(path: string, ...changes: readonly (readonly [from: string, to: string])[]): void {
  let text = readFileSync(join(plugin, path), 'utf8');
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  writeFileSync(join(plugin, path), text);
}

/** Run the agent, and these commands while everything is attached; their process ids, and what the agent printed. */
async function observe(yaml: string, commands: readonly (readonly string[])[]) {
  const config = join(agent, 'skep.yaml');
  writeFileSync(config, yaml);
  const script = join(agent, 'node_modules/@skep/cli/bin/skep.mjs');
  const skep = startSkep(['run', config], { cwd: agent, script });
  await skep.attached();
  const pids = commands.map(([command, ...args]) => spawnSync(command!, args, { input: '' }).pid);
  skep.kill('SIGINT');
  const { stdout, stderr, code } = await skep.ended;
  expect(stderr).toMatch(/^skep: ends\.exits .*\d+ attempted = /m);
  expect(code, stderr).toBe(0);
  return { pids, stdout };
}

const QUERY = `import { createClient } from '@clickhouse/client';
import { startStore } from '@skep/sink-clickhouse/store';
const [folder, query] = process.argv.slice(2);
const store = await startStore(folder);
const client = createClient({ url: 'http://store', http_agent: store.agent });
process.stdout.write(await (await client.query({ query, format: 'JSONEachRow' })).text());
await client.close();
await store.close();
`;

/** Rows of the embedded store of the agent. */
function query(sql: string): Record<string, unknown>[] {
  writeFileSync(join(agent, 'query.mjs'), QUERY);
  const args = ['query.mjs', './data', sql];
  return linesOf(execFileSync(process.execPath, args, { cwd: agent, encoding: 'utf8' })).map((line) =>
    JSON.parse(line),
  );
}

const EXIT = ['sh', '-c', 'exit 7'];
const STORE = `  store: { use: clickhouse, url: "chdb:./data", spool: { path: ./spool } }\n`;

describe('a plugin', () => {
  it('is built, tested and linted by a user without privileges', () => {
    expect(asNobody(plugin, ['npm', 'run', 'build'])).toMatch(/ends\.arm64\.bpf\.o\n(.*\n)*.*takes exit_btf/);
    expect(asNobody(plugin, ['npm', 'test'])).toMatch(/Tests +1\d passed/);
    expect(asNobody(plugin, ['npm', 'run', 'lint'])).toContain('biome check .');
  });

  it('is shown its mistakes where they are', () => {
    edit('src/ends.bpf.c', ['e->pid = pid;', 'e->pidd = pid;']);
    expect(() => asNobody(plugin, ['npx', 'skep', 'build'])).toThrow(
      /error\[SKEP_COMPILE\]: no member named 'pidd'.*\n +--> src\/ends\.bpf\.c:26:5\n26 \| {2}e->pidd = pid;\n/,
    );
    edit('src/ends.bpf.c', ['e->pidd = pid;', 'e->pid = pid;']);
  });

  it('is packed, installed into an agent, and named in its YAML', async () => {
    install(agent, [packOwn(plugin)]);
    const { pids } = await observe(`version: 1\nplugins: { ends: ends }\nsinks:\n${STORE}`, [EXIT, EXIT, EXIT]);
    const rows = query(`SELECT pid, code, comm FROM skep.ends_exits WHERE pid IN (${pids.join()}) ORDER BY seq`);
    expect(rows).toEqual(pids.map((pid) => ({ pid, code: 7 << 8, comm: 'sh' })));
  });

  it('gets a column, which is seen as a table, as JSON and in the table that exists', async () => {
    edit(
      'src/ends.bpf.c',
      ['\t__u32 pid;\n', '\t__u32 pid;\n\t__u32 ppid SKEP_DOC("the process that started it");\n'],
      ['\te->pid = pid;\n', '\te->pid = pid;\n\te->ppid = BPF_CORE_READ(task, real_parent, tgid);\n'],
    );
    edit('package.json', ['"version": "0.1.0"', '"version": "0.2.0"']);
    edit('src/index.test.ts', ['pid: 42,', 'pid: 42, ppid: 41,'], ['rows: [{ pid: 42,', 'rows: [{ pid: 42, ppid: 41,']);
    asNobody(plugin, ['npm', 'run', 'build']);
    expect(asNobody(plugin, ['npm', 'test'])).toMatch(/Tests +1\d passed/);
    expect(readFileSync(join(plugin, 'README.md'), 'utf8')).toContain(
      '| `ppid` | u32 | | the process that started it |',
    );
    install(agent, [packOwn(plugin)]);
    const sinks = `sinks:\n  screen: stdout\n  file: { path: ./rows.jsonl }\n${STORE}`;
    const { pids, stdout } = await observe(`version: 1\nplugins: { ends: ends }\n${sinks}`, [EXIT, EXIT]);

    const [header, ...lines] = linesOf(stdout);
    expect(header).toMatch(/^TIME +PID +PPID +CODE +COMM$/);
    for (const pid of pids) {
      const cells = lines.map((line) => line.split(/ +/)).find(([, own]) => own === String(pid));
      expect(cells?.slice(2)).toEqual([String(process.pid), String(7 << 8), 'sh']);
    }
    const json = linesOf(readFileSync(join(agent, 'rows.jsonl'), 'utf8')).map((line) => JSON.parse(line));
    const own = json.filter(({ pid }) => pids.includes(pid));
    expect(own.map(({ pid, ppid }) => ({ pid, ppid }))).toEqual(pids.map((pid) => ({ pid, ppid: process.pid })));

    const stored = query(`SELECT pid, ppid FROM skep.ends_exits WHERE pid IN (${pids.join()}) ORDER BY seq`);
    expect(stored).toEqual(pids.map((pid) => ({ pid, ppid: process.pid })));
    // The rows of before are still there, and have no parent.
    expect(query(`SELECT count() > 2 AS kept FROM skep.ends_exits WHERE ppid = 0`)).toEqual([{ kept: 1 }]);
  });

  it.each([
    ['table', 'skep-plugin-busy'],
    ['histogram', 'skep-plugin-lives'],
    ['stacks', 'skep-plugin-forks'],
    ['uprobe', 'skep-plugin-names'],
  ])('of kind %s does the same, and sees what it is made for', (kind, packageName) => {
    const folder = join(home, packageName);
    const name = packageName.replace('skep-plugin-', '');
    create('plugin', name, '--kind', kind);
    expect(asNobody(folder, ['npm', 'test'])).toMatch(/Tests +1\d passed/);
    const output = execFileSync('npx', ['skep', 'selftest', '.', '--attach', 'all'], { cwd: folder, encoding: 'utf8' });
    expect(output).toMatch(/^[12] passed, 0 failed, 0 skipped$/m);
  });
});

/** Make a package beside the plugin, with the tools of that; build, lint and test it. */
function create(...words: readonly string[]): string {
  const text = execFileSync(join(plugin, 'node_modules/.bin/skep'), ['create', ...words], {
    cwd: home,
    encoding: 'utf8',
  });
  const folder = text.slice(0, text.indexOf(': '));
  symlinkSync(join(plugin, 'node_modules'), join(folder, 'node_modules'));
  giveAway(folder);
  asNobody(folder, ['npm', 'run', 'build']);
  asNobody(folder, ['npm', 'run', 'lint']);
  return folder;
}

describe('a sink and a processor', () => {
  it('are made, built, tested and linted alike, and named in the YAML', async () => {
    const sink = create('sink', 'lines');
    const processor = create('processor', 'quiet');
    expect(asNobody(sink, ['npm', 'test'])).toMatch(/Tests +\d\d passed/);
    expect(asNobody(processor, ['npm', 'test'])).toMatch(/Tests +\d\d passed/);
    install(agent, [packOwn(sink), packOwn(processor)]);
    const yaml = `version: 1
plugins: { ends: ends }
processors: { calm: { use: quiet, from: ends, comm: [cat] } }
sinks: { own: { use: lines, from: calm, path: ./own.jsonl } }
`;
    const { pids } = await observe(yaml, [EXIT, ['cat'], EXIT]);
    const rows = linesOf(readFileSync(join(agent, 'own.jsonl'), 'utf8')).map((line) => JSON.parse(line));
    expect(rows.map(({ pid }) => pid).filter((pid) => pids.includes(pid))).toEqual([pids[0], pids[2]]);
    expect(rows.every(({ comm }) => comm !== 'cat')).toBe(true);
  });
});
