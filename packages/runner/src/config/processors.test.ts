import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSkepError, type SkepErrors } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { diffConfig } from './diff.js';
import { parseConfig } from './load-config.js';
import { withoutSink } from './reach.js';

// The workspace's own packages: their columns are known.
const file = join(dirname(fileURLToPath(import.meta.url)), 'agent.yaml');
const PLUGINS = 'version: 1\nplugins: { opens: opensnoop, execs: execsnoop }\n';

const check = (text: string) => parseConfig(PLUGINS + text, file);

async function mistakes(text: string): Promise<string[]> {
  const error = await check(text).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return [];
  if (!isSkepError(error) || !('errors' in error)) throw error;
  return (error as SkepErrors).errors.map(({ location, message, remedy }) => {
    return `${location?.line}:${location?.column} ${message}${remedy ? ` [${remedy}]` : ''}`;
  });
}

describe('processors', () => {
  it('and sinks get what no processor before them takes, unless they say what', async () => {
    const { processors, sinks } = await check(`processors:
  safe: { use: redact, from: opens, hash: path }
  few: { use: sample, one_in: 10 }
  raw: { use: filter, from: [opens], where: uid == 0 }
sinks: { stdout: , some: { use: stdout, from: [raw, execs] } }`);
    expect(processors.map(({ name, from }) => [name, from])).toEqual([
      ['safe', ['opens']],
      ['few', ['execs', 'safe']],
      ['raw', ['opens']],
    ]);
    expect(sinks.map(({ from }) => from)).toEqual([
      ['few', 'raw'],
      ['raw', 'execs'],
    ]);
  });

  it.each([
    ['processors: { a: { use: sample } }', '3:25 processor sample needs option "one_in" [one_in: 10]'],
    ['processors: { a: { use: sample, one_in: 1 } }', /3:41 option "one_in" of processor sample: .*got 1/],
    ['processors: { a: { use: sampel, one_in: 2 } }', /3:25 no processor "sampel" \[did you mean "sample"/],
    ['processors: { a: { use: file } }', '3:25 no processor "file" [file is a sink: move it below "sinks:"]'],
    [
      'processors: { a: { use: sample, one_in: 2, from: [opns] } }',
      /3:51 no plugin or processor is named "opns".*"opens"/,
    ],
    ['processors: { a: { use: sample, one_in: 2, from: [a] } }', /3:51 no plugin or processor is named "a"/],
    ['processors: { opens: { use: sample, one_in: 2 } }', '3:15 a plugin is named "opens" too [rename one of them]'],
    [
      'processors: { a: { use: redact, hash: [pth] } }',
      /3:15 no stream that "a" gets has a column "pth" \[did you mean "path"/,
    ],
    ['processors: { a: { use: redact, from: opens, hash: [uid] } }', /column "uid" is no text, it cannot be hashed/],
    ['processors: { a: { use: filter, where: "pid =" } }', /^3:45 unexpected character "="/],
    [
      'processors: { a: { use: redact, drop: [path], from: opens } }\nsinks: { stdout: { from: a, where: "path == \'/\'" } }',
      /4:37 no stream has field "path"/,
    ],
  ])('with a mistake are refused: %s', async (text, message) => {
    const [first] = await mistakes(text);
    if (typeof message === 'string') expect(first).toBe(message);
    else expect(first).toMatch(message);
  });

  it('and plugins whose rows come to no sink are known', async () => {
    const two = 'processors: { a: { use: sample, one_in: 2, from: opens }, b: { use: sample, one_in: 3, from: a } }';
    expect(withoutSink(await check(`${two}\nsinks: { stdout: { from: [b] } }`))).toEqual(['execs']);
    expect(withoutSink(await check(`${two}\nsinks: { stdout: { from: [execs] } }`))).toEqual(['opens', 'a', 'b']);
    expect(withoutSink(await check(two))).toEqual([]);
  });

  it('that a reload changes are told from those it keeps', async () => {
    const before = await check('processors: { a: { use: sample, one_in: 2 }, b: { use: sample, one_in: 3 } }');
    const after = await check('processors: { a: { use: sample, one_in: 2 }, b: { use: sample, one_in: 4 } }');
    const { processors } = diffConfig(before, after);
    expect([processors.kept, processors.changed].map((some) => some.map(({ name }) => name))).toEqual([['a'], ['b']]);
  });
});
