import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SKEP, temporaryFolder } from './support/paths.js';
import { linesOf, runSkep, type Skep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';
import { AS_USER } from './support/unprivileged.js';
import { until } from './support/until.js';

const MISSING = '/skep-e2e/no/such/file';

/** An agent that stores the opens of one process in the embedded engine. */
function configuration(pid: number): { readonly file: string; readonly store: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${pid} } } }
sinks: { store: { use: clickhouse, url: "chdb:./store", flush: 300ms } }\n`,
  );
  return { file, store: join(folder, 'store') };
}

async function query(file: string, ...args: string[]) {
  const { code, stdout, stderr } = await runSkep(['query', '-c', file, ...args]);
  return { code, stdout, stderr };
}

const pidOf = (store: string) => Number(readFileSync(join(store, 'store.pid'), 'utf8'));

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('answers with exact counts while the agent runs and after it has ended', async () => {
  const storm = new Storm(MISSING);
  const { file, store } = configuration(storm.pid);
  const agent: Skep = startSkep(['run', file]);
  await agent.attached();
  await storm.open(20_011);
  const count = `SELECT count() AS opens, uniqExact(seq) AS numbers FROM opensnoop_opens WHERE path = '${MISSING}'`;
  const whole = { code: 0, stdout: '{"opens":20011,"numbers":20011}\n', stderr: '' };
  await until('everything is stored', async () => (await query(file, '-o', 'json', count)).stdout === whole.stdout);
  expect(statSync(join(store, 'store.sock')).mode & 0o777).toBe(0o600);
  const running = pidOf(store);

  await storm.open(1000);
  agent.kill('SIGINT');
  const { code, stderr } = await agent.ended;
  expect([code, stderr]).toEqual([0, expect.stringContaining('21011 attempted = 21011 delivered + 0 lost')]);

  // The process of the agent has ended, and the question starts one of its own.
  await until('the store has ended', () => !isRunning(running));
  expect(await query(file, '-o', 'json', count)).toEqual({ ...whole, stdout: '{"opens":21011,"numbers":21011}\n' });
  const own = pidOf(store);
  expect(own).not.toBe(running);
  const top = await query(file, '-o', 'json', 'top-opens', '-p', 'limit=1');
  expect(JSON.parse(top.stdout)).toMatchObject({ path: MISSING, opens: 21011, failed: 21011, processes: 1 });
  const table = linesOf((await query(file, 'failed-opens')).stdout);
  expect(table[0]).toMatch(/^path +errno +comm +opens +processes +last$/);
  expect(table[1]).toMatch(/^\/skep-e2e\/no\/such\/file +2 +storm +21011 +1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}$/);
  const ledger = await query(file, '-o', 'json', 'losses');
  expect(JSON.parse(ledger.stdout)).toMatchObject({ source: 'opens', events: 21011, ring_was_full: 0 });
  await until('the store of the questions has ended', () => !isRunning(own));
});

it('takes a statement from standard input, and refuses mistakes with the exit codes of other commands', async () => {
  const storm = new Storm(MISSING);
  const { file, store } = configuration(storm.pid);
  const before = await query(file, 'SELECT 1');
  expect(before).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(`there is no store in ${store}`),
  });
  const agent = startSkep(['run', file]);
  await agent.attached();
  await storm.open(3);
  await until('a row is stored', async () => (await query(file, 'SELECT * FROM opensnoop_opens')).code === 0);

  const input = 'SELECT number,\n  toString(number) AS text\nFROM numbers(2);\n';
  const piped = spawnSync(process.execPath, [SKEP, 'query', '-c', file, '-o', 'csv'], { input, encoding: 'utf8' });
  expect([piped.stdout, piped.status]).toEqual(['"number","text"\n0,"0"\n1,"1"\n', 0]);

  const wrong = await query(file, 'SELECT count() FROM opensnoop_open');
  expect(wrong).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error[SKEP_QUERY]: there is no table "opensnoop_open"\n  --> query:1:21\n' +
      ' 1 | SELECT count() FROM opensnoop_open\n   |                     ^^^^^^^^^^^^^^ did you mean "opensnoop_opens"?\n',
  });
  expect(await query(file, 'DROP TABLE opensnoop_opens')).toMatchObject({ code: 2, stdout: '' });
  expect(await query(file, 'top-open')).toMatchObject({ code: 2, stderr: expect.stringContaining('"top-opens"') });
  expect(await query(file, 'dns-latency')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nothing is stored of gethostlatency'),
  });
  const down = await runSkep(['query', '--url', 'http://127.0.0.1:1', 'SELECT 1']);
  expect([down.code, down.stderr]).toEqual([1, expect.stringContaining('nobody listens there (ECONNREFUSED)')]);
  const other = await runSkep(['query', '--url', `chdb:${store}`, 'SELECT 1'], { through: AS_USER });
  expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('error[SKEP_PERMISSION]')]);

  // As on a machine without the optional package.
  const hook = join(store, '../hook.cjs');
  writeFileSync(
    hook,
    `const Module = require('node:module');
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (name === 'chdb') throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, name, ...rest);
};`,
  );
  const without = await runSkep(['query', '-c', file, 'SELECT 1'], { env: { NODE_OPTIONS: `--require ${hook}` } });
  expect(without.code).toBe(3);
  expect(without.stderr).toContain('npm install chdb');
});

it('ends the statement in the store when it is interrupted', async () => {
  const storm = new Storm(MISSING);
  const { file } = configuration(storm.pid);
  const agent = startSkep(['run', file]);
  await agent.attached();
  await storm.open(1);
  await until('a row is stored', async () => (await query(file, 'SELECT * FROM opensnoop_opens')).code === 0);
  const endless = startSkep(['query', '-c', file, 'SELECT count() FROM system.numbers WHERE sipHash64(number) = 1']);
  const running = async () => {
    const { stdout } = await query(
      file,
      '--no-headers',
      "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number) = 1%' AND query NOT LIKE '%processes%'",
    );
    return Number(stdout);
  };
  await until('it runs', async () => (await running()) === 1);
  endless.kill('SIGINT');
  const { code, stdout, stderr } = await endless.ended;
  expect([code, stdout, stderr]).toEqual([130, '', '']);
  await until('it has ended', async () => (await running()) === 0);
});
