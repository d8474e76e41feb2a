import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { formatError, isSkepError, PLUGIN_API, type SkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { fakeInstallation, fakePackage, temporaryFolder, writeFiles } from '../../test/fake-packages.js';
import { createCatalog } from './catalog.js';
import { findPackage, listPackages } from './find-packages.js';
import { loadPlugin, loadSink } from './load-package.js';

const folder = temporaryFolder({
  ...fakeInstallation(),
  ...fakePackage('plugin', '@acme/tracer'),
  ...fakePackage('plugin', 'skep-plugin-old', undefined, { api: PLUGIN_API - 1 }),
  ...fakePackage('plugin', 'skep-plugin-new', undefined, { api: PLUGIN_API + 1 }),
  ...fakePackage('plugin', 'skep-plugin-hollow', '{}'),
  ...fakePackage('plugin', 'skep-plugin-grouped', undefined, { manifest: { skep: { category: 'disk' } } }),
  ...fakePackage('plugin', 'skep-plugin-unbuilt', undefined, { manifest: { exports: './dist/index.js' } }),
  ...fakePackage('plugin', 'skep-plugin-conditional', undefined, {
    manifest: { exports: { '.': { types: './index.d.ts', import: './index.js' } } },
  }),
  ...fakePackage('plugin', 'skep-plugin-main', undefined, { manifest: { exports: undefined, main: './index' } }),
  ...fakePackage('plugin', 'skep-plugin-escape', undefined, { manifest: { exports: './../../outside.js' } }),
  'node_modules/skep-plugin-broken/package.json': '{"name": "skep-plugin-broken", "version": "0.1.0"}',
  'node_modules/skep-plugin-broken/index.js': 'throw new Error("no such table\\nand more");',
  'node_modules/skep-plugin-damaged/package.json': '{',
  'node_modules/leftpad/package.json': '{"name": "leftpad", "type": "module", "exports": "./index.js"}',
  'node_modules/leftpad/index.js': 'export default 1;',
  'mine/package.json': '{"name": "mine", "version": "3.0.0", "type": "module"}',
  'mine/index.js': "export default { [Symbol.for('skep.plugin')]: 1, attach: [], streams: {} };",
  'single.mjs': "export default { [Symbol.for('skep.plugin')]: 1, attach: [], streams: {} };",
  'outside.js': 'export default {};',
});
const deep = join(folder, 'a/b/c');

async function failure(promise: Promise<unknown>): Promise<SkepError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isSkepError(error)) throw error;
  return error;
}

describe('findPackage', () => {
  it.each([
    ['opensnoop', '@skep/plugin-opensnoop', 'opensnoop'],
    ['@skep/plugin-opensnoop', '@skep/plugin-opensnoop', 'opensnoop'],
    ['stranger', 'skep-plugin-stranger', 'stranger'],
    ['skep-plugin-stranger', 'skep-plugin-stranger', 'stranger'],
    ['@acme/tracer', '@acme/tracer', '@acme/tracer'],
  ])('finds %s from folders below', (use, packageName, name) => {
    const info = findPackage('plugin', use, [deep]);
    expect(info).toMatchObject({ kind: 'plugin', name, package: packageName, version: '1.2.3' });
    expect(info!.folder).toBe(join(folder, 'node_modules', packageName));
  });

  it.each(['nothing', '..', '../mine', '@acme', '', 'UPPER', 'a/b/c', '@acme/../leftpad'])(
    'finds nothing for %j',
    (use) => {
      expect(findPackage('plugin', use, [deep])).toBeUndefined();
    },
  );

  it('takes a path from the first folder', () => {
    expect(findPackage('plugin', './mine', [folder])).toMatchObject({ name: 'mine', version: '3.0.0' });
    expect(findPackage('plugin', join(folder, 'mine'), [deep])).toMatchObject({ name: 'mine' });
    expect(findPackage('plugin', './single.mjs', [folder])).toMatchObject({ name: 'single', version: '' });
  });

  it('takes the nearest of two', () => {
    writeFiles(deep, fakePackage('plugin', '@skep/plugin-opensnoop', undefined, { manifest: { version: '9.9.9' } }));
    expect(findPackage('plugin', 'opensnoop', [deep])?.version).toBe('9.9.9');
    expect(findPackage('plugin', 'opensnoop', [folder])?.version).toBe('1.2.3');
  });
});

describe('listPackages', () => {
  it('lists plugins and sinks without importing them', () => {
    const names = listPackages([folder]).map(({ kind, name }) => `${kind} ${name}`);
    expect(names).toEqual(
      expect.arrayContaining(['plugin broken', 'plugin opensnoop', 'plugin stranger', 'sink file']),
    );
    expect(names).not.toContain('plugin damaged');
    expect(names).toEqual([...names].sort());
  });

  it('knows the category by the folder of a workspace or by the package', () => {
    const workspace = temporaryFolder({
      'plugins/files/opensnoop/package.json': '{"name": "@skep/plugin-opensnoop", "version": "1.0.0"}',
      'node_modules/@skep/.keep': '',
    });
    symlinkSync('../../plugins/files/opensnoop', join(workspace, 'node_modules/@skep/plugin-opensnoop'));
    const find = (name: string, from: string) => listPackages([from]).find((one) => one.name === name);
    expect(find('opensnoop', workspace)).toMatchObject({
      category: 'files',
      folder: join(workspace, 'plugins/files/opensnoop'),
    });
    expect(find('grouped', folder)?.category).toBe('disk');
    expect(find('stranger', folder)?.category).toBeUndefined();
  });
});

describe('loadPlugin', () => {
  it.each(['opensnoop', '@acme/tracer', 'conditional', 'main', './mine', './single.mjs'])('loads %s', async (use) => {
    expect((await loadPlugin(use, [folder])).definition).toMatchObject({ streams: {} });
  });

  it.each([
    [
      'opensnop',
      'error[SKEP_PLUGIN_NOT_FOUND]: no plugin "opensnop"\n  did you mean "opensnoop"? or npm install @skep/plugin-opensnop',
    ],
    ['zzzzzzzzz', 'error[SKEP_PLUGIN_NOT_FOUND]: no plugin "zzzzzzzzz"\n  try npm install @skep/plugin-zzzzzzzzz'],
    ['stdout', 'error[SKEP_PLUGIN_NOT_FOUND]: no plugin "stdout"\n  stdout is a sink: move it below "sinks:"'],
    [
      '@skep/sink-stdout',
      'error[SKEP_PLUGIN_NOT_FOUND]: @skep/sink-stdout is a sink, not a plugin\n  move it below "sinks:"',
    ],
    [
      'leftpad',
      'error[SKEP_PLUGIN_NOT_FOUND]: leftpad is not a plugin of skep\n  its default export must be made by definePlugin()',
    ],
    [
      'old',
      'error[SKEP_PLUGIN_API]: plugin old (skep-plugin-old 1.2.3) is built for version 0 of the plugin interfaces, this skep for 1\n  update it: npm install skep-plugin-old@latest',
    ],
    [
      'new',
      'error[SKEP_PLUGIN_API]: plugin new (skep-plugin-new 1.2.3) is built for version 2 of the plugin interfaces, this skep for 1\n  update skep',
    ],
    [
      'broken',
      'error[SKEP_PLUGIN]: plugin broken (skep-plugin-broken) cannot be loaded: no such table\n  install the package again, or tell its author',
    ],
    [
      'hollow',
      'error[SKEP_PLUGIN]: plugin hollow (skep-plugin-hollow) needs "attach" and "streams"\n  tell its author',
    ],
    [
      'escape',
      'error[SKEP_PLUGIN]: plugin escape (skep-plugin-escape) exports nothing: its package.json has no "exports" for "."\n  tell its author',
    ],
  ])('refuses %s', async (use, text) => {
    expect(formatError(await failure(loadPlugin(use, [folder])))).toBe(text);
  });

  it('keeps the stack of a plugin that throws, and says when one is not built', async () => {
    expect((await failure(loadPlugin('broken', [folder]))).details).toContain('index.js');
    expect((await failure(loadPlugin('unbuilt', [folder]))).message).toMatch(/index\.js is missing$/);
  });
});

describe('sinks and the catalog', () => {
  it('finds sinks the same way', async () => {
    expect((await loadSink('file', [folder])).package).toBe('@skep/sink-file');
    expect((await failure(loadSink('opensnoop', [folder]))).remedy).toBe(
      'opensnoop is a plugin: move it below "plugins:"',
    );
    expect((await failure(loadSink('fil', [folder]))).remedy).toBe(
      'did you mean "file"? or npm install @skep/sink-fil',
    );
  });

  it('puts what belongs to the program first', async () => {
    const own = { ...(await loadPlugin('opensnoop', [folder])), version: 'own' };
    const catalog = createCatalog(folder, [own]);
    expect((await catalog.plugin('opensnoop')).version).toBe('own');
    expect(catalog.list().filter((one) => one.name === 'opensnoop')).toHaveLength(1);
    expect((await catalog.sink('file')).name).toBe('file');
  });
});
