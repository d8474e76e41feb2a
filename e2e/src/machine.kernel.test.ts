import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, temporaryFolder } from './support/paths.js';
import { type RunOptions, runSkep } from './support/skep.js';
import { AS_USER } from './support/unprivileged.js';

/** A mount namespace of its own, in which `script` has changed something. */
function namespace(script: string): RunOptions {
  return { through: ['unshare', '-m', '--propagation', 'private', 'sh', '-ec', `${script}; exec "$@"`, 'sh'] };
}

const UNPRIVILEGED: RunOptions = { through: AS_USER };
const NO_BTF = namespace('mount -t tmpfs none /sys/kernel/btf');
const NO_LIBBPF = namespace(
  'for f in $(ldconfig -p | sed -n "s/.*libbpf.so.1 .*=> //p"); do mount --bind /dev/null "$(readlink -f "$f")"; done',
);
const NO_TRACEFS = namespace(
  'while grep -q "^[^ ]* /sys/kernel/\\(debug/\\)*tracing " /proc/mounts; do umount -l /sys/kernel/tracing 2>/dev/null || umount -l /sys/kernel/debug/tracing; done',
);

const LACKS: readonly (readonly [string, RunOptions, string, RegExp, RegExp])[] = [
  [
    'without root',
    UNPRIVILEGED,
    'privilege',
    /error\[SKEP_PERMISSION\]: .*\n.*tracefs cannot be read by this user/,
    /run as root/,
  ],
  ['without BTF', NO_BTF, 'BTF', /error\[SKEP_NO_BTF\]: .*BTF/, /CONFIG_DEBUG_INFO_BTF/],
  [
    'without libbpf',
    NO_LIBBPF,
    'libbpf',
    /error\[SKEP_LIBRARY\]: libbpf.so.1 cannot be loaded/,
    /apt-get install libbpf1/,
  ],
];

describe.each(LACKS)('%s', (_, options, finding, cause, remedy) => {
  it('a tool exits with 3, with cause and remedy', async () => {
    const { code, stdout, stderr } = await runSkep(['opensnoop', '--duration', '1s'], options);
    expect(stderr).toMatch(cause);
    expect(stderr).toMatch(remedy);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([code, stdout]).toEqual([3, '']);
  });

  it('an agent exits with 3 and says it of every plugin', async () => {
    const file = join(temporaryFolder(), 'skep.yaml');
    writeFileSync(file, 'version: 1\nplugins: { a: opensnoop, b: execsnoop }\nsinks: { stdout: }\n');
    const { code, stdout, stderr } = await runSkep(['run', file], options);
    expect(stderr).toMatch(/^error\[SKEP_(PERMISSION|NO_BTF|LIBRARY)\]/);
    expect([code, stdout]).toEqual([3, '']);
  });

  it('doctor names what is missing and the remedy, and exits with 3', async () => {
    const { code, stdout, stderr } = await runSkep(['doctor', '-o', 'json'], options);
    const found = (JSON.parse(stdout) as { name: string; state: string; remedy: string }[]).filter(
      ({ state }) => state === 'missing',
    );
    expect(found.map(({ name }) => name)).toEqual([finding]);
    expect(found[0]!.remedy).toMatch(remedy);
    expect([code, stderr]).toEqual([3, '']);
  });

  it('explain gives the reason of every set and the remedy, and exits with 3', async () => {
    const { code, stdout } = await runSkep(['explain', 'opensnoop'], options);
    expect(stdout).toMatch(remedy);
    expect(stdout).not.toMatch(/^ {2}takes/m);
    expect(code).toBe(3);
  });

  it('selftest says it once instead of failing every test', async () => {
    const { code, stdout, stderr } = await runSkep(['selftest', 'opensnoop', 'execsnoop'], options);
    expect(stderr).toMatch(remedy);
    expect(stderr.match(/^error/gm)).toHaveLength(1);
    expect([code, stdout]).toEqual([3, '']);
  });

  it('list and info work all the same', async () => {
    expect(await runSkep(['list'], options)).toMatchObject({ code: 0, stderr: '' });
    expect(await runSkep(['info', 'opensnoop'], options)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('without tracefs', () => {
  it('doctor says that skep will mount it', async () => {
    const { code, stdout } = await runSkep(['doctor'], NO_TRACEFS);
    expect(stdout).toMatch(/tracefs +not mounted yet; skep mounts it/);
    expect(code).toBe(0);
  });

  it('a tool mounts it', async () => {
    const { code, stdout, stderr } = await runSkep(['opensnoop', '--exec', 'cat', '/etc/hostname'], NO_TRACEFS);
    expect(stdout).toMatch(/cat .*\/etc\/hostname/);
    expect(stderr).toMatch(/opens: \d+ attempted/);
    expect(code).toBe(0);
  });

  it('a tool that may not mount it says how', async () => {
    const { code, stderr } = await runSkep(['opensnoop', '--duration', '1s'], {
      through: [...NO_TRACEFS.through!, ...AS_USER],
    });
    expect(stderr).toMatch(
      /error\[SKEP_PERMISSION\]: .*\n.*tracefs is not mounted, and cannot be mounted by this user/,
    );
    expect(stderr).toMatch(/run as root/);
    expect(code).toBe(3);
  });
});

it('a kernel that takes none of the attach sets is told set by set, and exits with 3', async () => {
  const folder = temporaryFolder();
  const plugin = join(folder, 'nowhere');
  mkdirSync(join(plugin, 'src'), { recursive: true });
  mkdirSync(join(plugin, 'dist'));
  cpSync(join(ROOT, 'e2e/src/programs/nowhere.bpf.c'), join(plugin, 'src/nowhere.bpf.c'));
  const main = `import { definePlugin } from '@skep/core';
    import object from './src/nowhere.bpf.js';
    export default definePlugin({
      object,
      attach: [['by_name'], ['by_raw']],
      streams: { rows: { ring: 'events' } },
      selftest: { workload: () => {}, expect: () => true },
    });`;
  writeFileSync(join(plugin, 'index.js'), main);
  const manifest = { name: 'skep-plugin-nowhere', version: '1.0.0', type: 'module', exports: './index.js' };
  writeFileSync(join(plugin, 'package.json'), JSON.stringify(manifest));
  execFileSync(process.execPath, [join(ROOT, 'tools/build/dist/main.js'), 'bpf', plugin]);
  const { code, stdout, stderr } = await runSkep([plugin]);
  expect(stderr).toMatch(/error\[SKEP_ATTACH\]: none of the 2 attach sets of nowhere works on this kernel/);
  expect(stderr).toMatch(/by_name: cannot attach by_name to .*: ENOENT/);
  expect(stderr).toMatch(/by_raw: cannot attach by_raw to .*: ENOENT/);
  expect([code, stdout]).toEqual([3, '']);
});
