import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { accountOf, linesOf, runSkep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';

const MISSING = '/skep-e2e/no/such/file';

it('a disk that fills up is named and counted, and the agent goes on with its other sinks', async () => {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }
sinks:
  screen: { use: stdout, format: json }
  full: { use: file, path: ./disk/rows.jsonl }
  good: { use: file, path: ./rows.jsonl }\n`,
  );
  const skep = startSkep(['run', file]);
  await skep.attached();
  await storm.open(5003);
  await skep.until('the full disk is named', () => /sink full: .*no space is left on the device/.test(skep.stderr));
  await storm.open(1000);
  skep.kill('SIGINT');
  const { code, stderr } = await skep.ended;
  const full = accountOf(stderr, 'opens.opens -> full');
  expect(full).toMatchObject({ attempted: 6003, losses: { 'refused by the sink': 6003 - full.delivered } });
  expect(linesOf(readFileSync(join(disk, 'rows.jsonl'), 'utf8'))).toHaveLength(full.delivered);
  for (const sink of ['screen', 'good']) {
    expect(accountOf(stderr, `opens.opens -> ${sink}`)).toMatchObject({ attempted: 6003, delivered: 6003, lost: 0 });
  }
  expect(linesOf(readFileSync(join(folder, 'rows.jsonl'), 'utf8'))).toHaveLength(6003);
  expect(skep.lines).toHaveLength(6003);
  expect(code).toBe(0);
});

it('a disk that was full, of which the sink was told, is written to again when there is space', async () => {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  const file = join(folder, 'skep.yaml');
  writeFileSync(
    file,
    `version: 1
plugins: { opens: { use: opensnoop, options: { pid: ${storm.pid} } } }
sinks: { full: { use: file, path: ./disk/rows.jsonl } }\n`,
  );
  const skep = startSkep(['run', file]);
  await skep.attached();
  await storm.open(5000);
  await skep.until('the full disk is named', () => /no space is left on the device/.test(skep.stderr));
  execFileSync('mount', ['-o', 'remount,size=8m', disk]);
  await storm.open(3001);
  skep.kill('SIGINT');
  const { stderr } = await skep.ended;
  const { delivered, lost } = accountOf(stderr, 'opens.opens -> full');
  expect(delivered + lost).toBe(8001);
  expect(delivered).toBeGreaterThanOrEqual(3001);
  expect(linesOf(readFileSync(join(disk, 'rows.jsonl'), 'utf8'))).toHaveLength(delivered);
});

it('a folder that cannot be written to is named before anything is attached', async () => {
  const folder = temporaryFolder();
  const locked = join(folder, 'locked');
  mkdirSync(locked);
  chmodSync(locked, 0o555);
  const file = join(folder, 'skep.yaml');
  writeFileSync(file, 'version: 1\nplugins: { opens: opensnoop }\nsinks: { file: { path: ./locked/rows.jsonl } }\n');
  // Root without the capability that lets it write everywhere.
  const through = ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override'];
  const { code, stderr } = await runSkep(['run', file], { through });
  expect(stderr).toMatch(/^error\[SKEP_SINK\]: .*locked\/rows.jsonl: permission denied\n.*another path/);
  expect(stderr).not.toMatch(/Ctrl-C/);
  expect(code).toBe(1);
});
