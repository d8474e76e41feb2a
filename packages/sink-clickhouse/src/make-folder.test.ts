import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './fixture.js';
import { makeFolder } from './make-folder.js';

it('makes a folder and those above it, for its owner alone, once', () => {
  const folder = temporaryFolder();
  makeFolder(join(folder, 'a/b/c'));
  makeFolder(join(folder, 'a/b/c'));
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'a/b/c')).isDirectory()).toBe(true);
});

it('takes a link to a folder', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'));
  symlinkSync('real', join(folder, 'link'));
  makeFolder(join(folder, 'link'));
  makeFolder(join(folder, 'link/below'));
  expect(statSync(join(folder, 'real/below')).isDirectory()).toBe(true);
});

it('fails where there can be none', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('nowhere', join(folder, 'dangling'));
  expect(() => makeFolder(join(folder, 'file'))).toThrow('EEXIST');
  expect(() => makeFolder(join(folder, 'file/x'))).toThrow('ENOTDIR');
  expect(() => makeFolder(join(folder, 'dangling/x'))).toThrow('ENOENT');
  expect(() => makeFolder('/proc/skep')).toThrow('ENOENT');
  expect(() => makeFolder('/proc/skep/spool')).toThrow('ENOENT');
});
