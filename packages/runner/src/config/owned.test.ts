import { resolve } from 'node:path';
import { SkepErrors } from '@skep/core';
import { expect, it } from 'vitest';
import { parseConfig } from './load-config.js';

/** In this workspace: its own sinks are meant. */
const file = resolve(import.meta.dirname, '../../../../configs/none.yaml');

async function mistakes(...sinks: string[]): Promise<string[]> {
  const lines = sinks.map((sink, i) => `  s${i}: { from: [opensnoop], ${sink} }\n`);
  const text = `version: 1\nplugins: { opensnoop: {} }\nsinks:\n${lines.join('')}`;
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
  ['use: file, path: "/tmp/{source}.jsonl"', 'use: file, path: "/tmp/{source}.jsonl"', '/tmp/{source}.jsonl'],
  ['use: flamegraph, path: /tmp/a.svg', 'use: flamegraph, path: /tmp/a.svg', '/tmp/a.svg'],
  ['use: file, path: /tmp/a.svg', 'use: flamegraph, path: /tmp/a.svg', '/tmp/a.svg'],
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
