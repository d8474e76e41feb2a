import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { accountOf, linesOf, rowsIn, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';

const MISSING = '/skep-e2e/no/such/file';

it('processors change, thin out, name and gather events, and the account adds up', async () => {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }
processors:
  safe: { use: redact, from: opens, hash: path, key: secret }
  named: { use: enrich, from: safe, add: [user] }
  few: { use: sample, from: named, one_in: 3 }
  totals: { use: aggregate, from: opens, every: 1h, by: [path, err], max: fd }
sinks:
  raw: { use: file, from: opens, path: raw.jsonl }
  safe: { use: file, from: few, path: safe.jsonl }
  totals: { use: file, from: totals, path: totals.jsonl }\n`,
  );
  const skep = startSkep(['run', file]);
  await skep.attached();
  await storm.open(3001);
  skep.kill('SIGINT');
  const { code, stderr } = await skep.ended;
  expect(code).toBe(0);
  const rows = (name: string) => linesOf(readFileSync(join(folder, name), 'utf8')).map((line) => JSON.parse(line));
  expect(rows('raw.jsonl')).toHaveLength(3001);
  const safe = rows('safe.jsonl');
  expect(safe).toHaveLength(1001);
  expect(new Set(safe.map(({ path, user }) => `${path} ${user}`)).size).toBe(1);
  expect(safe[0]).toMatchObject({ path: expect.stringMatching(/^[0-9a-f]{16}$/), user: 'root', source: 'opens' });
  expect(rows('totals.jsonl')).toMatchObject([{ stream: 'totals', path: MISSING, err: 2, count: 3001, max_fd: -1 }]);
  const through = accountOf(stderr, 'opens.opens -> safe -> named -> few -> safe');
  expect(through).toMatchObject({ attempted: 3001, delivered: 1001, lost: 0 });
  expect(accountOf(stderr, 'opens.opens -> totals -> totals')).toMatchObject({ delivered: 3001, lost: 0 });
  expect(stderr).not.toContain('unaccounted');
});

it('a reload brings out what a changed processor held, and leaves the others at work', async () => {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const file = join(folder, 'skep.yaml');
  const configure = (by: string) =>
    writeFileSync(
      file,
      `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }
processors:
  kept: { use: aggregate, from: opens, every: 1h }
  changed: { use: aggregate, from: opens, every: 1h, by: ${by} }
sinks:
  totals: { use: file, from: [kept, changed], path: rows.jsonl }
  raw: { use: file, from: [opens], path: raw.jsonl }\n`,
    );
  configure('path');
  const skep = startSkep(['run', file]);
  await skep.attached();
  await storm.open(500);
  // What lies in the ring at the reload belongs to the new processor.
  await skep.until('all of it was drained', () => rowsIn(join(folder, 'raw.jsonl')).length === 500);
  configure('err');
  skep.kill('SIGHUP');
  const rows = () => rowsIn(join(folder, 'rows.jsonl'));
  await skep.until('the rest of the changed one is there', () => rows().length === 1);
  expect(rows()).toMatchObject([{ stream: 'changed', path: MISSING, count: 500 }]);
  await storm.open(70);
  skep.kill('SIGINT');
  const { stderr } = await skep.ended;
  expect(
    rows()
      .slice(1)
      .sort((a, b) => a.count - b.count),
  ).toMatchObject([
    { stream: 'changed', err: 2, count: 70 },
    { stream: 'kept', count: 570 },
  ]);
  expect(stderr).not.toContain('unaccounted');
});
