// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the YAML under test substitutes, not JavaScript
import { isSkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../discovery/catalog.js';
import { parseConfig } from './load-config.js';

const catalog: Catalog = {
  list: () => [],
  plugin: async (use) => ({ ...about(use), kind: 'plugin', definition: { attach: [], streams: {} } as never }),
  sink: async (use) => ({ ...about(use), kind: 'sink', definition: { create: () => undefined } as never }),
};
const about = (name: string) => ({ name, package: name, version: '1', description: '', folder: '/', category: '' });

const MEGABYTE = 1 << 20;
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

async function failure(text: string): Promise<{ first: string; cpuMs: number }> {
  const before = process.cpuUsage();
  const error = await parseConfig(text, 'hostile.yaml', { catalog, environment: { A: 'x'.repeat(1000) } }).catch(
    (e: unknown) => e,
  );
  const { user, system } = process.cpuUsage(before);
  if (!isSkepError(error)) throw error;
  return { first: error.message, cpuMs: (user + system) / 1000 };
}

const MOST_MS = 1000;

// Time is counted in CPU time: the wall clock of a busy machine says nothing about the parser. It is the least of three
// times: collecting garbage, compiling, and what a hypervisor takes away are counted too, and never the same.
describe('a bomb is refused within a second', () => {
  it.each([
    [
      'a billion laughs',
      `a0: &a0 [x,x]\n${lines(40, (i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)}`,
      /is missing|aliases/,
    ],
    [
      'a chain of aliases',
      `a0: &a0 [v]\n${lines(90, (i) => `a${i + 1}: &a${i + 1} [*a${i}]`)}`,
      /64 levels, aliases expanded/,
    ],
    [
      'a chain of merges',
      `a0: &a0 {k: v}\n${lines(90, (i) => `a${i + 1}: &a${i + 1} {<<: *a${i}, k${i}: v}`)}`,
      /missing/,
    ],
    ['many aliases', `a: &a x\nb: [${'*a,'.repeat(3000)}]`, /missing|100 aliases/],
    ['deep brackets', '['.repeat(MEGABYTE), /deeper than 64/],
    ['deep braces', '{a: '.repeat(MEGABYTE / 4), /deeper than 64/],
    ['deep dashes', '- '.repeat(9_000), /deeper than 64/],
    ['deep question marks', '? '.repeat(9_000), /deeper than 64/],
    ['deep indentation', lines(1400, (i) => `${' '.repeat(i)}a:`), /deeper than 64|tokens/],
    ['many keys', lines(100_000, (i) => `k${i}: 1`), /20000 tokens/],
    ['many documents', '---\na\n'.repeat(150_000), /20000 tokens/],
    ['many blank lines', '\n'.repeat(MEGABYTE), /20000 tokens|empty/],
    ['a long quoted text', `"${'a\n'.repeat(MEGABYTE / 2 - 2)}`, /missing closing/],
    ['a long block', `a: |\n${' b\n'.repeat(MEGABYTE / 3 - 2)}`, /missing/],
    ['a long line of spaces', `version: "1${' '.repeat(MEGABYTE - 20)}"`, /missing/],
    ['many open substitutions', `version: "${'${'.repeat(MEGABYTE / 2 - 10)}"`, /missing/],
    ['many substitutions', `version: "${'${A}'.repeat(MEGABYTE / 4 - 10)}"`, /missing/],
  ])('%s', async (_, text, message) => {
    const { first, cpuMs } = await failure(text);
    expect(first).toMatch(message);
    let least = cpuMs;
    for (let n = 0; n < 2 && least >= MOST_MS; n++) least = Math.min(least, (await failure(text)).cpuMs);
    expect(least).toBeLessThan(MOST_MS);
  });
});

describe('a damaged file', () => {
  const VALID = `version: 1
agent: { name: "\${HOST:-web}", metrics: "127.0.0.1:9464" }
plugins:
  opens: &o { use: opensnoop, options: {} }
  disk: { <<: *o, every: 5s }
  # a comment
  hello:
    use: bcc
    program: |
      BPF_PERF_OUTPUT(events);
sinks:
  screen: { use: stdout, from: [opens], where: "uid == 0 && comm != 'node'" }
  store: { use: clickhouse, from: disk }
`;
  const PIECES = [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    "'",
    '&a ',
    '*o',
    '|',
    '>',
    '-',
    '?',
    '!',
    '%',
    '#',
    '\n',
    '\t',
    '  ',
    '${',
    '}',
    '$${',
    '\0',
    '\ufeff',
    '\ud800',
    '<<: ',
    '---\n',
    '...\n',
    '__proto__',
    'null',
    '1e999',
    '0x',
    '~',
  ];

  it('fails with an error of skep or not at all', async () => {
    await parseConfig(VALID, 'valid.yaml', { catalog, environment: {} });
    const random = mulberry(20_240_229);
    const pick = (below: number): number => Math.floor(random() * below);
    for (let round = 0; round < 400; round++) {
      let text = VALID;
      for (let edits = 1 + pick(4); edits > 0; edits--) {
        const at = pick(text.length + 1);
        const cut = pick(3) === 0 ? pick(20) : 0;
        text = text.slice(0, at) + (pick(4) === 0 ? '' : PIECES[pick(PIECES.length)]) + text.slice(at + cut);
      }
      const error = await parseConfig(text, 'damaged.yaml', { catalog, environment: {} }).then(
        () => undefined,
        (e: unknown) => e,
      );
      if (error !== undefined && !isSkepError(error))
        throw new Error(`round ${round}: ${JSON.stringify(text)}`, { cause: error });
    }
  });
});

/** A small generator with a seed, so that a failure can be repeated. */
function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
