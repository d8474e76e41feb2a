import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatError } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { fakePackage, temporaryFolder, writeFiles } from '../../test/fake-packages.js';
import { loadConfig } from '../config/load-config.js';
import { integrityOf } from './integrity.js';

const folder = temporaryFolder({
  ...fakePackage('plugin', 'skep-plugin-mine'),
  ...fakePackage('sink', 'skep-sink-own'),
  ...fakePackage('plugin', '@skep/plugin-twice'),
  ...fakePackage('plugin', 'skep-plugin-twice'),
  'node_modules/skep-plugin-unnamed/package.json':
    '{"name": "skep-plugin-unnamed", "type": "module", "main": "index.js"}',
  'node_modules/skep-plugin-unnamed/index.js': 'globalThis.hasRun = true; export default {};',
});
const packageFolder = join(folder, 'node_modules/skep-plugin-mine');

async function check(text: string): Promise<string> {
  const file = join(folder, 'skep.yaml');
  writeFileSync(file, text);
  return loadConfig(file).then(() => 'no mistakes', formatError);
}

describe('integrityOf', () => {
  it.each<[string, () => void, () => void]>([
    [
      'a changed file',
      () => writeFileSync(join(packageFolder, 'a'), '2'),
      () => writeFileSync(join(packageFolder, 'a'), '1'),
    ],
    ['a new file', () => writeFileSync(join(packageFolder, 'b'), ''), () => rmSync(join(packageFolder, 'b'))],
    [
      'another name',
      () => renameSync(join(packageFolder, 'a'), join(packageFolder, 'c')),
      () => renameSync(join(packageFolder, 'c'), join(packageFolder, 'a')),
    ],
    [
      'a file of a package of its own',
      () => writeFiles(packageFolder, { 'node_modules/x/index.js': '1' }),
      () => rmSync(join(packageFolder, 'node_modules'), { recursive: true }),
    ],
    ['a link', () => symlinkSync('a', join(packageFolder, 'd')), () => rmSync(join(packageFolder, 'd'))],
  ])('is another one with %s, and the same without it', (_, change, undo) => {
    writeFileSync(join(packageFolder, 'a'), '1');
    const before = integrityOf(packageFolder);
    change();
    expect(integrityOf(packageFolder)).not.toBe(before);
    undo();
    expect(integrityOf(packageFolder)).toBe(before);
  });

  it('does not hang on what the working copy of an author holds besides', () => {
    const before = integrityOf(packageFolder);
    mkdirSync(join(packageFolder, '.git'));
    writeFileSync(join(packageFolder, '.git/HEAD'), 'x');
    expect(integrityOf(packageFolder)).toBe(before);
  });
});

describe('a configuration', () => {
  const other = `sha512-${'A'.repeat(86)}==`;
  it('takes packages that are what it pins, and refuses others before their code runs', async () => {
    const [plugin, sink] = ['skep-plugin-mine', 'skep-sink-own'].map((name) =>
      integrityOf(join(folder, 'node_modules', name)),
    );
    const text = (a: string, b: string) =>
      `version: 1\nplugins: { mine: { integrity: ${a} } }\nsinks: { own: { integrity: ${b} } }\n`;
    expect(await check(text(plugin!, sink!))).toBe('no mistakes');
    expect(await check(text(other, sink!))).toMatch(/error\[SKEP_INTEGRITY\]: plugin mine .* is not what is pinned/);
    expect(await check(text(plugin!, other))).toMatch(/error\[SKEP_INTEGRITY\]: sink own .*\n +--> .*skep.yaml:3:/);
    const unnamed = `version: 1\nplugins: { unnamed: { integrity: ${other} } }\n`;
    expect(await check(unnamed)).toContain('SKEP_INTEGRITY');
    expect(globalThis).not.toHaveProperty('hasRun');
  });

  it('says what a pin looks like', async () => {
    expect(await check('version: 1\nplugins: { mine: { integrity: sha256-x } }\n')).toMatch(/skep integrity prints it/);
  });

  it('runs the code of no package that it does not name', async () => {
    expect(await check('version: 1\nplugins: { mine: mine }\nsinks: { own: own }\n')).toBe('no mistakes');
    expect(globalThis).not.toHaveProperty('hasRun');
  });

  it('refuses a short name that fits two packages, and two packages of one short name', async () => {
    expect(await check('version: 1\nplugins: { twice: twice }\nsinks: { own: own }\n')).toMatch(
      /plugin "twice" may be @skep\/plugin-twice or skep-plugin-twice\n.*\n.*\n.*use: "@skep\/plugin-twice"/,
    );
    const both = 'version: 1\nplugins: { a: "@skep/plugin-twice", b: skep-plugin-twice }\nsinks: { own: own }\n';
    expect(await check(both)).toMatch(
      /skep-plugin-twice and @skep\/plugin-twice \(of "a"\) both call themselves twice/,
    );
    expect(await check('version: 1\nplugins: { a: mine, b: mine }\nsinks: { own: own }\n')).toBe('no mistakes');
  });
});
