import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakePackage, temporaryFolder, writeFiles } from '../../test/fake-packages.js';
import { findPackage } from './find-packages.js';
import { INTEGRITY, packageIntegrity } from './integrity.js';
import { loadPlugin } from './load-package.js';

const NAME = 'skep-plugin-pinned';
const RAN = 'globalThis.skepPinnedRan = true;';

function installed(): { folder: string; root: string; integrity: () => string } {
  const folder = temporaryFolder(fakePackage('plugin', NAME));
  const root = join(folder, 'node_modules', NAME);
  return { folder, root, integrity: () => packageIntegrity(findPackage('plugin', NAME, [folder])!) };
}

describe('packageIntegrity', () => {
  it('is the same wherever the package stands, and whatever it depends on', () => {
    const [here, there] = [installed(), installed()];
    writeFiles(there.root, { 'node_modules/leftpad/index.js': 'export default 1;' });
    expect(here.integrity()).toMatch(INTEGRITY);
    expect(there.integrity()).toBe(here.integrity());
  });

  it.each<[string, (root: string) => void]>([
    ['a changed file', (root) => writeFiles(root, { 'index.js': 'export default {};' })],
    ['a new file', (root) => writeFiles(root, { 'lib/more.js': '' })],
    ['a file of another name', (root) => renameSync(join(root, 'index.js'), join(root, 'index2.js'))],
    ['content that moved between files', (root) => writeFiles(root, { a: 'bc', ab: 'c' })],
  ])('is another with %s', (_, change) => {
    const { root, integrity } = installed();
    const before = integrity();
    change(root);
    expect(integrity()).not.toBe(before);
  });

  it('does not take one name for another and its beginning', () => {
    const [one, other] = [installed(), installed()];
    writeFiles(one.root, { 'x/y': 'z' });
    writeFiles(other.root, { x: 'z' });
    expect(one.integrity()).not.toBe(other.integrity());
  });

  it('is refused to what can change without the package', () => {
    const { folder, root, integrity } = installed();
    symlinkSync('/etc', join(root, 'lib'));
    expect(integrity).toThrow(expect.objectContaining({ code: 'SKEP_INTEGRITY' }));
    writeFiles(folder, { 'one.mjs': '' });
    const single = findPackage('plugin', './one.mjs', [folder])!;
    expect(() => packageIntegrity(single)).toThrow(/single file/);
  });
});

describe('a pinned package', () => {
  it('is loaded as it was pinned, and refused before any of its code runs when it is another', async () => {
    const { folder, root, integrity } = installed();
    const pin = integrity();
    await expect(loadPlugin(NAME, [folder], pin)).resolves.toMatchObject({ name: 'pinned' });
    mkdirSync(join(root, 'lib'));
    const evil = installed();
    writeFiles(evil.root, { 'index.js': RAN });
    await expect(loadPlugin(NAME, [evil.folder], pin)).rejects.toMatchObject({
      code: 'SKEP_INTEGRITY',
      message: `plugin pinned (${NAME} 1.2.3) is not the package that was pinned; nothing of it was run`,
      remedy: `it is ${evil.integrity()}: find out what changed it before you pin that`,
    });
    expect(globalThis).not.toHaveProperty('skepPinnedRan');
  });
});
