import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { resolveBinary } from './binary.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skep-binary-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'program'), '');
chmodSync(join(folder, 'program'), 0o755);
symlinkSync('program', join(folder, 'link'));
mkdirSync(join(folder, 'directory'));

describe('the file that user probes attach to', () => {
  it('is a path as it is, links resolved: the kernel attaches to the file', () => {
    expect(resolveBinary(join(folder, 'program'))).toBe(join(folder, 'program'));
    expect(resolveBinary(join(folder, 'link'))).toBe(join(folder, 'program'));
    expect(resolveBinary(`${folder}/../${folder.split('/').at(-1)}/link`)).toBe(join(folder, 'program'));
  });

  it('is the C library of this process', () => {
    expect(resolveBinary('libc')).toMatch(/^\/.*\/libc[.-].*so/);
    expect(resolveBinary('libc.so.6')).toBe(resolveBinary('libc'));
  });

  it('is a program on the PATH, not a folder of that name', () => {
    vi.stubEnv('PATH', `/nowhere:${folder}`);
    expect(resolveBinary('link')).toBe(join(folder, 'program'));
    expect(() => resolveBinary('directory')).toThrow('no library or program "directory"');
    vi.unstubAllEnvs();
  });

  it.each(['libskep-is-nowhere', 'skep-is-nowhere', '/skep/is/nowhere', '', '/tmp'])('does not exist: "%s"', (name) => {
    expect(() => resolveBinary(name)).toThrow(expect.objectContaining({ code: 'SKEP_ATTACH' }));
  });
});
