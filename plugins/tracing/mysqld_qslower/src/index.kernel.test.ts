import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const noRoot = process.getuid?.() !== 0;
const noProbes = !['x86_64', 'aarch64'].some((arch) => existsSync(`/usr/include/${arch}-linux-gnu/sys/sdt.h`));
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * What is shown of a stand-in for a server, which serves three slow and three fast queries once all is attached. Fast ones
 * are left out that took as long as is asked for: on a busy machine any of them may be held up.
 */
async function queriesOf(kind: string, minMs: string, flags: readonly string[]): Promise<unknown[]> {
  const program = join(mkdtempSync(join(tmpdir(), 'skep-server-')), 'server');
  execFileSync('clang', ['-O1', ...flags, '-o', program, here('../test/server.c')]);
  const server = spawn(program, [kind], { stdio: ['pipe', 'pipe', 'inherit'] });
  const args = [here('../../../../packages/cli/bin/skep.mjs'), 'mysqld_qslower', String(server.pid), minMs];
  const skep = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  const ended = once(skep, 'close');
  skep.stderr.on('data', (data) => (err += data));
  try {
    for await (const data of skep.stdout) {
      const isFirst = !out.includes('QUERY');
      out += data;
      if (!isFirst || !out.includes('QUERY')) continue;
      // The header comes when everything is attached.
      server.stdin.write('go\n');
      void once(server.stdout, 'data').then(() => skep.kill('SIGINT'));
    }
    await ended;
  } finally {
    server.stdin.end();
  }
  expect(err).toMatch(/= \d+ delivered \+ 0 lost/);
  const rows = out.split('\n').slice(2, -1);
  return rows.flatMap((row) => {
    const [, , pid, ms, query] = /^(\S+) +(\d+) +(\S+) (.*)$/.exec(row) ?? [];
    expect(Number(pid)).toBe(server.pid);
    const isSlow = query!.startsWith('slow');
    // The server sleeps that long.
    expect(Number(ms)).toBeGreaterThanOrEqual(isSlow ? 20 : Number(minMs));
    return isSlow || minMs === '0' ? [query] : [];
  });
}

const SLOW = ['slow 0', 'slow 1', 'slow 2'];
const ALL = ['slow 0', 'fast 0', 'slow 1', 'fast 1', 'slow 2', 'fast 2'];

it.skipIf(noRoot || noProbes)('sees queries by the probes of MySQL', async () => {
  expect(await queriesOf('u', '15', ['-DWITH_PROBES'])).toEqual(SLOW);
});

it.skipIf(noRoot || noProbes)('sees queries of MariaDB by its function, with no more than the text', async () => {
  expect(await queriesOf('m', '15.5', ['-DWITH_MARIA'])).toEqual(SLOW);
});

it.skipIf(noRoot || noProbes)('sees queries of newer MySQL by its function', async () => {
  const seen = await queriesOf('n', '0', []);
  expect(seen).toEqual(ALL);
});
