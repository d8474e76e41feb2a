import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { runSkep } from './support/skep.js';

async function facts<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await runSkep([...args, '-o', 'json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

it('list -o json names plugins and sinks with their packages', async () => {
  const found = await facts<{ kind: string; name: string; package: string; description: string }[]>('list');
  expect(found).toContainEqual(
    expect.objectContaining({ kind: 'plugin', name: 'opensnoop', package: '@skep/plugin-opensnoop' }),
  );
  expect(found).toContainEqual(expect.objectContaining({ kind: 'sink', name: 'file', package: '@skep/sink-file' }));
  for (const { description } of found) expect(description).not.toBe('');
});

it('info -o json has streams, options and attach sets', async () => {
  const info = await facts<{
    streams: { name: string; columns: { name: string; type: string }[] }[];
    options: { name: string; flags: string }[];
    attach: { programs: { name: string; section: string }[] }[];
  }>('info', 'opensnoop');
  expect(info.streams[0]!.columns.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['pid', 'comm', 'fd', 'path']),
  );
  expect(info.options).toContainEqual(expect.objectContaining({ name: 'failed', flags: '-x, --failed' }));
  for (const { programs } of info.attach) for (const { section } of programs) expect(section).not.toBe('');
});

it('explain -o json says which set this kernel takes and why not the others; a file with its sinks', async () => {
  interface Plan {
    source: string;
    sets: { possible: boolean; reason: string }[];
    sinks?: string[];
  }
  const [plan] = await facts<Plan[]>('explain', 'opensnoop');
  expect(plan!.sets.some(({ possible }) => possible)).toBe(true);
  for (const { possible, reason } of plan!.sets) expect(reason === '').toBe(possible);
  const file = join(temporaryFolder(), 'skep.yaml');
  writeFileSync(
    file,
    'version: 1\nplugins: { a: opensnoop, b: execsnoop }\nsinks: { screen: { use: stdout, from: [a] } }\n',
  );
  const plans = await facts<Plan[]>('explain', file);
  expect(plans.map(({ source, sinks }) => [source, sinks])).toEqual([
    ['a', ['screen (stdout)']],
    ['b', []],
  ]);
});

it('doctor -o json gives a state, a text and a remedy for everything it looked at', async () => {
  const findings = await facts<{ name: string; state: string; text: string; remedy: string }[]>('doctor');
  expect(findings.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['kernel', 'BTF', 'privilege', 'libbpf', 'tracefs']),
  );
  for (const { state, text, remedy } of findings) {
    expect(text).not.toBe('');
    expect(remedy !== '').toBe(state !== 'ok');
  }
});

it('selftest -o json gives an outcome for every test', async () => {
  const results = await facts<{ set: string[]; programs: { name: string; insns: number }[] }[]>(
    'selftest',
    'opensnoop',
    '--cost',
  );
  expect(results.length).toBeGreaterThan(1);
  for (const result of results) {
    expect(result).toMatchObject({ plugin: 'opensnoop', outcome: 'passed', refused: false });
    expect(result.programs.map(({ name }) => name)).toEqual(result.set);
    for (const { insns } of result.programs) expect(insns).toBeGreaterThan(10);
  }
});
