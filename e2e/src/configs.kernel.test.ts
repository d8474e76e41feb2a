import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareHeaders } from '@skep/headers';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT, temporaryFolder } from './support/paths.js';
import { accountOf, linesOf, runSkep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';

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
    // What needs a server has tests of its own.
    if (Object.values(sinks).some(({ url }) => url?.startsWith('http'))) return;
    const folder = join(temporaryFolder(), 'configs');
    mkdirSync(folder);
    writeFileSync(join(folder, 'skep.yaml'), text);
    const { code, stderr } = await runSkep(['run', join(folder, 'skep.yaml'), '--duration', '2s']);
    expect(stderr).not.toMatch(/error|unaccounted|^\s+at /m);
    const accounts = linesOf(stderr).filter((line) => line.includes(' attempted = '));
    for (const plugin of Object.keys(plugins)) {
      expect(accounts.filter((line) => line.startsWith(`skep: ${plugin}.`)).length, plugin).toBeGreaterThan(0);
    }
    expect(code).toBe(0);
  });
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
