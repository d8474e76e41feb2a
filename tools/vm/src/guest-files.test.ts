import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CachedKernel } from './fetch.js';
import { commandScript, type GuestRun, guestSettings } from './guest-files.js';

const kernel: CachedKernel = {
  name: '6.1',
  release: '6.1.0-56-amd64',
  version: '6.1.192-2',
  folder: '/cache',
  root: '/cache/root',
  headers: undefined,
  image: '/cache/vmlinux',
};
const guest: GuestRun = { kernel, command: ['true'], cwd: '/', env: {}, modules: [], diskCount: 0, hasOutput: false };

/** The lines of a variable, as a shell that sources the settings sees them. */
function variable(name: string, run: Partial<GuestRun>): string {
  return execFileSync('/bin/sh', ['-c', `${guestSettings({ ...guest, ...run })}\nprintf %s "$${name}"`]).toString();
}

describe('guestSettings', () => {
  it('survives the shell', () => {
    expect(variable('MODULES', { modules: ['null_blk nr_devices=1', "it's $HOME"] })).toBe(
      "null_blk nr_devices=1\nit's $HOME",
    );
    expect(variable('RELEASE', {})).toBe('6.1.0-56-amd64');
  });

  it('hides /tmp of the host, unless the command is to run there', () => {
    expect(variable('TMPFS', { cwd: '/tmpfiles' })).toBe('tmp run mnt var/tmp');
    expect(variable('TMPFS', { cwd: '/tmp/x' })).toBe('run mnt var/tmp');
  });

  it('lays headers over the kernel when there are any', () => {
    expect(variable('LOWER', {})).toBe('/kernel/root');
    expect(variable('LOWER', { kernel: { ...kernel, headers: '/cache/headers' } })).toBe(
      '/kernel/headers:/kernel/root',
    );
  });
});

describe('commandScript', () => {
  it('hands over arguments, environment and folder exactly', () => {
    const cwd = mkdtempSync(join(tmpdir(), "skep 'vm' "));
    try {
      const odd = ['', ' ', "it's", '$(false) `false` \\ "', 'two\nlines', '*', '-n', 'ü'];
      const script = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env, process.cwd()]))';
      const command = [process.execPath, '-e', script, '--', ...odd];
      const text = commandScript({ ...guest, command, cwd, env: { A: 'b c', Q: '"\'$' } });
      const [argv, env, where] = JSON.parse(execFileSync('/bin/sh', ['-c', text]).toString());
      expect(argv).toEqual(odd);
      expect(env).toMatchObject({ A: 'b c', Q: '"\'$' });
      expect(env).not.toHaveProperty('HOME');
      expect(where).toBe(cwd);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});
