import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeInstallation, temporaryFolder } from '../../test/fake-packages.js';
import { diffConfig, type InstanceDiff } from './diff.js';
import { parseConfig } from './load-config.js';

const file = join(temporaryFolder(fakeInstallation()), 'skep.yaml');
const parse = (text: string) => parseConfig(`version: 1\n${text}`, file, { environment: {} });

const names = ({ added, removed, changed, kept }: InstanceDiff<{ readonly name: string }>) =>
  Object.fromEntries(
    Object.entries({ added, removed, changed, kept }).map(([key, list]) => [key, list.map((one) => one.name)]),
  );

it('tells what a reload adds, removes, changes and keeps', async () => {
  const old = await parse(`
plugins: { a: opensnoop, b: biolatency, c: { use: opensnoop, options: { pid: 1 } }, gone: opensnoop }
sinks: { all: stdout, some: { use: stdout, from: [a, b] }, filtered: { use: file, where: x }, file: { path: a } }
`);
  const next = await parse(`
agent: { name: other }
# comments and order do not count
plugins:
  c: { use: opensnoop, options: { pid: 2 } }
  b: { use: "@skep/plugin-biolatency", every: 2s }
  a: { use: opensnoop, options: { failed: false } }
  fresh: opensnoop
sinks: { all: stdout, some: { use: stdout, from: [b, a] }, filtered: { use: file, where: y }, out: { use: file, path: a } }
`);
  const diff = diffConfig(old, next);
  expect(names(diff.plugins)).toEqual({ added: ['fresh'], removed: ['gone'], changed: ['c'], kept: ['b', 'a'] });
  expect(names(diff.sinks)).toEqual({
    added: ['out'],
    removed: ['file'],
    changed: ['filtered'],
    kept: ['all', 'some'],
  });
  expect(diff.agent).toEqual(['name']);
});

it('keeps everything of the same file', async () => {
  const text = 'plugins: { a: opensnoop }\nsinks: { stdout: { where: x } }';
  const diff = diffConfig(await parse(text), await parse(`# moved\n\n${text}`));
  expect(names(diff.plugins)).toEqual({ added: [], removed: [], changed: [], kept: ['a'] });
  expect(names(diff.sinks)).toEqual({ added: [], removed: [], changed: [], kept: ['stdout'] });
  expect(diff.agent).toEqual([]);
});
