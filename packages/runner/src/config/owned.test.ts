import { resolve } from 'node:path';
import { SkepErrors } from '@skep/core';
import { expect, it } from 'vitest';
import { parseConfig } from './load-config.js';

/** In this workspace: its own sinks are meant. */
const file = resolve(import.meta.dirname, '../../../../configs/none.yaml');

const mistakes = (...sinks: string[]) => mistakesOf(sinks.map((sink) => `from: [cpu], ${sink}`));

async function mistakesOf(sinks: readonly string[], plugins = '{ cpu: profile, opens: opensnoop }'): Promise<string[]> {
  const lines = sinks.map((sink, i) => `  s${i}: { ${sink} }\n`);
  const text = `version: 1\nplugins: ${plugins}\nsinks:\n${lines.join('')}`;
  try {
    await parseConfig(text, file);
    return [];
  } catch (error) {
    if (!(error instanceof SkepErrors)) throw error;
    return error.errors.map(({ location, message }) => `${location?.line}:${location?.column} ${message}`);
  }
}

it.each([
  ['use: file, path: /tmp/a.jsonl', 'use: file, path: /tmp/../tmp/a.jsonl, format: csv', '/tmp/a.jsonl'],
  ['use: file, path: "/tmp/{source}.jsonl"', 'use: file, path: "/tmp/{source}.jsonl"', '/tmp/cpu.jsonl'],
  ['use: file, path: "/tmp/{source}.jsonl"', 'use: file, path: /tmp/cpu.jsonl', '/tmp/cpu.jsonl'],
  ['use: file, path: "/tmp/{plugin}-{date}.a"', 'use: file, path: "/tmp/profile-{date}.a"', '/tmp/profile-{date}.a'],
  ['use: file, path: "/tmp/{stream}"', 'use: file, path: /tmp/samples', '/tmp/samples'],
  ['use: flamegraph, path: /tmp/a.svg', 'use: flamegraph, path: /tmp/a.svg', '/tmp/a.svg'],
  ['use: file, path: /tmp/a.svg', 'use: flamegraph, path: /tmp/a.svg', '/tmp/a.svg'],
  ['use: file, path: "/tmp/{source}.svg"', 'use: flamegraph, path: /tmp/cpu.svg', '/tmp/cpu.svg'],
  [
    'use: clickhouse, url: "http://127.0.0.1:1", spool: { path: /tmp/spool }',
    'use: clickhouse, url: "http://127.0.0.1:2", spool: { path: /tmp/spool/ }',
    '/tmp/spool',
  ],
])('two sinks cannot write the same: %s', async (one, other, path) => {
  expect(await mistakes(one, other)).toEqual([`5:3 sinks "s0" and "s1" both write ${path}`]);
});

it('two sinks can write beside each other, and store in one engine', async () => {
  expect(await mistakes('use: file, path: /tmp/a.jsonl', 'use: file, path: /tmp/b.jsonl')).toEqual([]);
  expect(await mistakes('use: clickhouse, url: "chdb:/tmp/d"', 'use: clickhouse, url: "chdb:/tmp/d"')).toEqual([]);
});

it('is said beside the mistakes in options', async () => {
  const wrong = 'use: file, path: "/tmp/{what}.jsonl"';
  const same = 'use: file, path: /tmp/a.jsonl';
  expect(await mistakes(wrong, same, same)).toEqual([
    expect.stringContaining('unknown placeholder {what}'),
    '6:3 sinks "s1" and "s2" both write /tmp/a.jsonl',
  ]);
});

it('sinks with one template and other sources write files of their own', async () => {
  const of = (source: string) => `from: ${source}, use: file, path: "/tmp/{source}.jsonl"`;
  expect(await mistakesOf([of('cpu'), of('opens')])).toEqual([]);
  expect(await mistakesOf([of('[cpu, opens]'), of('opens')])).toEqual([
    '5:3 sinks "s0" and "s1" both write /tmp/opens.jsonl',
  ]);
});

it('a program that is not compiled yet is taken to have any stream', async () => {
  const program = '{ prog: { use: bcc, program: "int f(void *ctx) { return 0; }" }, opens: opensnoop }';
  const of = (source: string) => `from: ${source}, use: file, path: "/tmp/{source}.jsonl"`;
  expect(await mistakesOf([of('[prog, opens]'), of('opens')], program)).toEqual([
    '5:3 sinks "s0" and "s1" both write /tmp/opens.jsonl',
  ]);
  expect(await mistakesOf([of('prog'), of('prog')], program)).toEqual([
    '5:3 sinks "s0" and "s1" both write /tmp/{source}.jsonl',
  ]);
});

it.each([
  ['from: opens, use: flamegraph, path: /tmp/a.svg', /sink s0 gets no stacks/],
  ['use: stdout, fields: [comm, nosuch]', /unknown field "nosuch": no stream has it/],
  ['from: opens, use: stdout, fields: nosuch', /unknown field "nosuch" of opensnoop/],
  ['use: file, format: csv, path: /tmp/a.csv', /sink s0: stream opens\.opens and another would share the CSV file/],
])('a sink that cannot take its streams is found by the check: %s', async (sink, message) => {
  expect(await mistakesOf([sink])).toEqual([expect.stringMatching(message)]);
});

it('what follows from another mistake is not said', async () => {
  expect(await mistakesOf([`use: file, path: "\${SKEP_TEST_NOT_SET}"`])).toEqual([
    expect.stringContaining('the environment variable SKEP_TEST_NOT_SET is not set'),
  ]);
  expect(await mistakesOf(['from: [cpus, opens], use: flamegraph, path: /tmp/a.svg'])).toEqual([
    expect.stringContaining('no plugin or processor is named "cpus"'),
  ]);
});
