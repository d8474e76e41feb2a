import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPackage } from './create-package.js';
import { KINDS, type Kind } from './kinds.js';
import { TOOLS, VERSION } from './manifest.js';

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-create-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const linesOf = (...path: string[]) => readFileSync(join(...path), 'utf8').split('\n').length - 1;

describe('createPackage', () => {
  it.each(Object.keys(KINDS) as Kind[])('fills every word of the templates of %s', (kind) => {
    const { folder, files, next } = createPackage({ kind, name: 'my-own', cwd: emptyFolder() });
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/\{\{\w*\}\}/);
    expect(next[0]).toMatch(/^cd /);
  });

  it('makes a plugin of at most 40 lines of C and 15 of TypeScript', () => {
    const { folder } = createPackage({ kind: 'events', name: 'small', cwd: emptyFolder() });
    expect(linesOf(folder, 'src/small.bpf.c')).toBeLessThanOrEqual(40);
    expect(linesOf(folder, 'src/index.ts')).toBeLessThanOrEqual(15);
  });

  it('asks for the versions that skep itself is built and tested with', () => {
    const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
    const { devDependencies } = read('../../../package.json') as { devDependencies: Record<string, string> };
    for (const [name, version] of Object.entries(TOOLS)) expect([name, devDependencies[name]]).toEqual([name, version]);
    expect(VERSION).toBe(read('../../core/package.json').version);
  });

  it.each([
    [
      'events',
      'plugins/disk/mine',
      '@skep/plugin-mine',
      ['README.md', 'package.json', 'src/index.ts', 'src/mine.bpf.c'],
    ],
    [
      'sink',
      'packages/sink-mine',
      '@skep/sink-mine',
      ['README.md', 'package.json', 'src/index.test.ts', 'src/index.ts', 'tsconfig.json'],
    ],
  ] as const)('makes %s a part of the workspace of skep, when it is there', (kind, path, name, wanted) => {
    const root = emptyFolder();
    mkdirSync(join(root, 'docs'));
    writeFileSync(join(root, 'package.json'), '{ "name": "skep-workspace" }');
    const { folder, files } = createPackage({ kind, name: 'mine', cwd: join(root, 'docs'), category: 'disk' });
    expect(folder).toBe(join(root, path));
    expect(files).toEqual(wanted);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(manifest.name).toBe(name);
    expect(manifest.scripts).toBeUndefined();
  });

  it('overwrites nothing', () => {
    const cwd = emptyFolder();
    createPackage({ kind: 'events', name: 'mine', cwd });
    expect(() => createPackage({ kind: 'table', name: 'mine', cwd })).toThrow('exists already');
  });

  it.each(['Mine', '../mine', 'mine!', '-mine', 'mine-', 'a'.repeat(33), ''])('refuses the name %j', (name) => {
    expect(() => createPackage({ kind: 'events', name, cwd: emptyFolder() })).toThrow('cannot be the name');
  });
});
