import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ELSEWHERE } from './support/elsewhere.js';
import { temporaryFolder } from './support/paths.js';
import { accountOf, runSkep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';

const MISSING = '/skep-e2e/no/such/file';

it('a recording is replayed byte for byte, by a user without privileges, kernel support or libbpf', async () => {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const config = join(folder, 'skep.yaml');
  writeFileSync(
    config,
    `version: 1
plugins:
  opens: { use: opensnoop, options: { pid: ${storm.pid} } }
  runq: { use: runqlat, every: 300ms }
  disk: { use: biolatency, every: 300ms }
  irqs: { use: softirqs, every: 300ms }\n`,
  );
  const file = join(folder, 'out.skeprec');
  const skep = startSkep(['record', config, '-o', file, '--print']);
  await skep.until('it records', () => skep.stderr.includes('recording opens'));
  await storm.open(20_011);
  skep.kill('SIGINT');
  const live = await skep.ended;
  expect(live.code).toBe(0);
  expect(accountOf(live.stderr, 'opens.opens -> recording')).toMatchObject({ attempted: 20_011, delivered: 20_011 });
  chmodSync(folder, 0o755);
  chmodSync(file, 0o644);
  const again = await runSkep(['replay', file], { through: ELSEWHERE });
  expect(again.stderr).not.toMatch(/error|unaccounted/);
  expect(again.code).toBe(0);
  expect(again.stdout === live.stdout).toBe(true);
  expect(again.stdout.length).toBeGreaterThan(1_000_000);
  expect(accountOf(again.stderr, 'opens.opens -> stdout')).toMatchObject({ attempted: 20_011, delivered: 20_011 });
});

it('one tool is recorded with its own options and arguments', async () => {
  const file = join(temporaryFolder(), 'out.skeprec');
  const command = ['record', 'funccount', '-o', file, '--', '-d', '1', 'c:getppid'];
  const recorded = await runSkep(command);
  expect(recorded.stderr).toMatch(/see it with: skep replay/);
  expect(recorded.code).toBe(0);
  const { code, stdout } = await runSkep(['replay', file]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^FUNC +COUNT/m);
  for (const [what, message] of [
    [['funccount', '--', '-d', '1'], "missing required argument 'pattern'"],
    [['funccount', '--', '-d', '9999999', 'c:getppid'], 'expected at most 24d'],
    [['opensnoop', 'execsnoop', '--', '-x'], 'options after -- are of one tool'],
    [['configs/quickstart.yaml', '--', '-x'], 'options after -- are of one tool'],
  ] as const) {
    const refused = await runSkep(['record', '-o', file, ...what]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(message);
  }
});

it('the demonstration needs nothing but skep, and says what to try', async () => {
  const { code, stdout, stderr } = await runSkep(['demo', '--speed', '100x'], { through: ELSEWHERE });
  expect(stdout).toMatch(/^execs +\| COMM/m);
  expect(stdout).toMatch(/usecs +: count +distribution/);
  expect(stderr).toMatch(/recording of what tools of skep saw/);
  expect(stderr).toMatch(/skep opensnoop -x/);
  expect(code).toBe(0);
});

it('what was recorded goes through the processors and sinks of a file', async () => {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const config = join(folder, 'skep.yaml');
  writeFileSync(
    config,
    `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }
processors: { totals: { use: aggregate, every: 1h, by: path } }
sinks: { file: { path: totals.jsonl } }\n`,
  );
  const file = join(folder, 'out.skeprec');
  const skep = startSkep(['record', config, '-o', file]);
  await skep.until('it records', () => skep.stderr.includes('recording opens'));
  await storm.open(501);
  skep.kill('SIGINT');
  await skep.ended;
  const { code } = await runSkep(['replay', file, '--config', config]);
  expect(code).toBe(0);
  const [row] = readFileSync(join(folder, 'totals.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(row).toMatchObject({ stream: 'totals', path: MISSING, count: 501 });
});
