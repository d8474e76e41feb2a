// The examples that need no kprobes, run as a user runs them.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareHeaders } from '@skep/headers';
import { afterAll, expect, it } from 'vitest';

const noRoot = process.getuid?.() !== 0;
const env = noRoot ? {} : prepareHeaders(() => undefined);
const folder = mkdtempSync(join(tmpdir(), 'skep-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Run an example, call `work` once it has printed its header, end it with Ctrl-C; what it printed. */
async function run(name: string, args: readonly string[], work: () => unknown): Promise<string[]> {
  const command = [pathOf(`../dist/${name}.js`), ...args];
  const child = spawn(process.execPath, command, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  // Not only gone: what it has printed has been read.
  const ended = once(child, 'close');
  while (!output.stdout.includes('\n')) {
    if (child.exitCode !== null) throw new Error(output.stderr);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await work();
  await new Promise((resolve) => setTimeout(resolve, 500));
  child.kill('SIGINT');
  expect(await ended, output.stderr).toEqual([0, null]);
  return output.stdout.split('\n');
}

it.skipIf(noRoot)(
  'bash-readline shows what is typed at the prompt of bash, and nothing of it acts on the terminal',
  async () => {
    const lines = await run('bash-readline', [], async () => {
      // util-linux's script gives bash the terminal without which it does not read lines.
      const script = spawn('script', ['-qc', 'bash --norc -i', '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] });
      for (const line of ['echo one', 'ls /no/such', 'exit']) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        script.stdin.write(`${line}\n`);
      }
      await once(script, 'exit');
      script.stdin.end();
    });
    expect(lines[0]).toBe('TIME      PID     COMMAND');
    const typed = lines.slice(1).map((line) => /^\d\d:\d\d:\d\d\s+\d+\s+(.*)$/.exec(line)?.[1]);
    expect(typed).toEqual(expect.arrayContaining(['echo one', 'ls /no/such', 'exit']));
  },
);

it.skipIf(noRoot || process.arch !== 'x64')('usdt-orders follows a program by the probes it carries', async () => {
  const orders = join(folder, 'orders');
  execFileSync('clang', ['-O2', '-o', orders, pathOf('orders.c')]);
  const lines = await run('usdt-orders', [orders], () => {
    expect(execFileSync(orders, ['7'], { encoding: 'utf8' })).toBe('7 of 7 orders traced\n');
  });
  expect(lines.slice(0, 4)).toEqual([
    'ORDER    AMOUNT   ITEM',
    '1        10       wax',
    '2        20       propolis',
    '3        30       honey',
  ]);
  expect(lines.join('\n')).toContain('     amount              : count     distribution');
});

it.skipIf(noRoot)('an example that cannot run here says why, in one message', async () => {
  const child = spawn(process.execPath, [pathOf('../dist/usdt-orders.js'), '/no/such/program'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  expect(await once(child, 'close')).toEqual([3, null]);
  expect(stderr).toContain('error[SKEP_ATTACH]: /no/such/program cannot be read for USDT probes');
  expect(stderr).not.toMatch(/^\s+at /m);
});
