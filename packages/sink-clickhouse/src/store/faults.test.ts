import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  goneProcess,
  isRunning,
  later,
  makeTable,
  rowsOf,
  runStore,
  temporaryFolder,
  until,
  whenLeaving,
} from './fixture.js';

const require = createRequire(import.meta.url);
const STORE = pathToFileURL(require.resolve('@skep/sink-clickhouse/store')).href;

/** A process of its own that does `code` with `startStore`, and says what it prints. */
function agentThat(code: string) {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `import { startStore } from '${STORE}';\n${code}`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  whenLeaving(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return { child, said: () => said };
}

describe('the store process', () => {
  it('is one for all who use the folder, and its socket is for its user alone', async () => {
    const { handle, folder } = await runStore();
    const { said } = agentThat(
      `const { pid } = await startStore('${folder}'); console.log(pid); setInterval(() => 0, 1000);`,
    );
    await until(() => said().includes('\n'));
    expect(Number(said())).toBe(handle.pid);
    expect(handle.pid).not.toBe(process.pid);
    expect(statSync(join(folder, 'store.sock')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'engine')).mode & 0o777).toBe(0o700);
  });

  it('is started once by many at the same moment', async () => {
    const folder = temporaryFolder();
    const stores = await Promise.all([runStore(folder), runStore(folder), runStore(folder)]);
    expect(new Set(stores.map(({ handle }) => handle.pid)).size).toBe(1);
  });

  it('has a socket in a folder whose path is too long for one', async () => {
    const folder = join(temporaryFolder(), 'x'.repeat(100), 'y'.repeat(100));
    const { client } = await runStore(folder);
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  it('refuses a folder that another process has, and names that process', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'engine'), { mode: 0o700 });
    const chdb = require.resolve('chdb');
    const code = `new (require('${chdb}').Session)('${folder}/engine'); console.log('has it'); setInterval(() => 0, 1000);`;
    const holder = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    later(async () => {
      holder.kill('SIGKILL');
      await goneProcess(holder.pid!);
    });
    await once(holder.stdout, 'data');
    await expect(runStore(folder)).rejects.toMatchObject({
      code: 'SKEP_SINK',
      message: `the store in ${folder} is used by another process, ${holder.pid}`,
    });
  });

  it('ends soon after the agent was killed, and keeps what it acknowledged', async () => {
    const folder = temporaryFolder();
    const { child, said } = agentThat(`
      import { createClient } from '${pathToFileURL(require.resolve('@clickhouse/client')).href}';
      const { agent, pid } = await startStore('${folder}');
      const client = createClient({ url: 'http://store', http_agent: agent });
      await client.command({ query: 'CREATE DATABASE skep' });
      await client.command({ query: 'CREATE TABLE skep.t (a UInt64) ENGINE = MergeTree ORDER BY a' });
      console.log(pid);
      for (let a = 0; ; a++) {
        await client.insert({ table: 'skep.t', values: [{ a }], format: 'JSONEachRow' });
        console.log(a);
      }`);
    await until(() => said().split('\n').length > 20);
    child.kill('SIGKILL');
    // Only then has all been read that it said.
    await once(child, 'close');
    const [pid, ...acknowledged] = said().split('\n').slice(0, -1).map(Number);
    await goneProcess(pid!);
    expect(existsSync(join(folder, 'store.sock'))).toBe(false);
    const { client } = await runStore(folder);
    const stored = await rowsOf<{ a: string }>(client, 'SELECT a FROM skep.t ORDER BY a');
    // The last one may have been stored without its agent having heard of it.
    expect(stored.map(({ a }) => Number(a)).slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(stored.length).toBeLessThanOrEqual(acknowledged.length + 1);
  });

  it('is started again when it was killed in the middle of inserts, with all that it acknowledged, once', async () => {
    const warnings: string[] = [];
    const log = { info: () => undefined, warn: (text: string) => void warnings.push(text) };
    const { handle, client, folder } = await runStore(undefined, { log });
    await makeTable(client);
    const before = handle.pid;
    const insert = (a: number) =>
      client.insert({
        table: 'skep.t',
        values: [{ a, s: 'x'.repeat(1000) }],
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: String(a) },
      });
    setTimeout(() => process.kill(before, 'SIGKILL'), 500);
    const attempts: number[] = [];
    // However fast the store is: it is killed between the first and the last of them.
    for (let a = 0; a < 60 || handle.pid === before; a++) {
      await until(async () => {
        attempts[a] = (attempts[a] ?? 0) + 1;
        return insert(a).then(
          () => true,
          () => false,
        );
      });
    }
    expect(handle.pid).not.toBe(before);
    expect(Math.max(...attempts)).toBeGreaterThan(1);
    const stored = String(attempts.length);
    expect(await rowsOf(client, 'SELECT count() AS n, uniqExact(a) AS u FROM skep.t')).toEqual([
      { n: stored, u: stored },
    ]);
    expect(warnings[0]).toBe(`the store in ${folder} has ended; starting it again`);
  });

  it('stays when its user lets go and comes back at once, and ends when nobody does', async () => {
    const folder = temporaryFolder();
    const { handle } = await runStore(folder);
    const { pid } = handle;
    await handle.close();
    const again = await runStore(folder);
    expect(again.handle.pid).toBe(pid);
    await again.handle.close();
    await goneProcess(pid);
    expect(existsSync(join(folder, 'store.pid'))).toBe(false);
    expect(readFileSync(join(folder, 'store.log'), 'utf8')).toBe('');
  });

  it('ends when it is told to, even in the middle of a query', async () => {
    const { handle, client } = await runStore();
    const { pid } = handle;
    const long = client.query({ query: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)' });
    const outcome = expect(long).rejects.toThrow();
    const running =
      "SELECT toString(count()) AS n FROM system.processes WHERE query LIKE '%numbers(%' AND query NOT LIKE '%LIKE%'";
    await until(async () => (await rowsOf<{ n: string }>(client, running))[0]!.n === '1');
    process.kill(pid, 'SIGTERM');
    await goneProcess(pid);
    await outcome;
    expect(isRunning(pid)).toBe(false);
  });
});
