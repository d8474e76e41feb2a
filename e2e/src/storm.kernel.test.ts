import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compiled } from './support/compile.js';
import { temporaryFolder } from './support/paths.js';
import { accountOf, linesOf, runSkep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';

const MISSING = '/skep-e2e/no/such/file';

it('a storm faster than the drain of a tiny ring: what is lost is what was generated minus what was delivered', async () => {
  const count = 200_003;
  const args = ['opensnoop', '-b', '1', '-o', 'json', '--exec', compiled('storm'), MISSING, String(count)];
  const { code, stdout, stderr } = await runSkep(args);
  const account = accountOf(stderr, 'opens');
  const rows = linesOf(stdout).map((line) => JSON.parse(line) as { path: string; err: number });
  expect(account.attempted).toBe(count);
  expect(account.delivered).toBe(rows.length);
  expect(account.lost).toBe(count - rows.length);
  expect(account.losses).toEqual({ 'ring full': account.lost });
  expect(account.lost).toBeGreaterThan(0);
  expect(rows.every(({ path, err }) => path === MISSING && err === 2)).toBe(true);
  expect(code).toBe(0);
});

it('a ring that is large enough loses nothing', async () => {
  const args = ['opensnoop', '-o', 'json', '--exec', compiled('storm'), MISSING, '5003'];
  const { stdout, stderr } = await runSkep(args);
  expect(accountOf(stderr, 'opens')).toMatchObject({ attempted: 5003, delivered: 5003, lost: 0 });
  expect(linesOf(stdout)).toHaveLength(5003);
});

it('a reader that stalls: the kernel drops what does not fit, every sink is told the same, and nothing queues', async () => {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid}, buffer_pages: 64 } } }
sinks: { stdout: { format: json }, file: { path: ./rows.jsonl } }\n`,
  );
  const skep = startSkep(['run', file], { unread: true });
  await skep.attached();
  await storm.open(100_003);
  await skep.until('rows are written', () => readFileSync(join(folder, 'rows.jsonl')).length > 0);
  const resident = () => Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${skep.pid}/status`, 'latin1'))![1]);
  const before = resident();
  await storm.open(200_000);
  expect(resident() - before).toBeLessThan(64 * 1024);
  skep.read();
  skep.kill('SIGINT');
  const { code, stderr } = await skep.ended;
  const [screen, archive] = ['stdout', 'file'].map((sink) => accountOf(stderr, `opens.opens -> ${sink}`));
  expect(screen).toMatchObject({ attempted: 300_003, lost: 300_003 - screen!.delivered });
  expect(screen!.lost).toBeGreaterThan(0);
  expect(archive).toEqual(screen);
  expect(linesOf(readFileSync(join(folder, 'rows.jsonl'), 'utf8'))).toHaveLength(screen!.delivered);
  expect(skep.lines).toHaveLength(screen!.delivered);
  expect(code).toBe(0);
});
