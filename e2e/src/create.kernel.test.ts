// What `skep create` makes in the workspace of skep, where there is one configuration and one test for all plugins. In
// a copy of its shape: another tool would change the pages of this one.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, SKEP, temporaryFolder } from './support/paths.js';
import { runSkep } from './support/skep.js';

const KINDS = ['events', 'table', 'histogram', 'stacks', 'uprobe'];
/** Tests that testPlugin has for a plugin like these. */
const CHECKS = 15;

it('plugins made in the workspace build, pass its test, lint and run as they are', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'package.json'), '{\n  "name": "skep-workspace",\n  "type": "module"\n}\n');
  mkdirSync(join(home, 'plugins'));
  for (const file of ['biome.json', 'vitest.config.ts', 'plugins/plugins.test.ts']) {
    copyFileSync(join(ROOT, file), join(home, file));
  }
  for (const kind of KINDS) {
    const made = await runSkep(['create', 'plugin', `own-${kind}`, '--kind', kind, '--category', 'disk'], {
      cwd: home,
    });
    expect(made.stdout).toContain(`sudo npx skep ./plugins/disk/own-${kind}`);
    expect(existsSync(join(home, `plugins/disk/own-${kind}/tsconfig.json`))).toBe(false);
    const built = await runSkep(['build', `plugins/disk/own-${kind}`], { cwd: home });
    expect(built.stderr).toBe('');
    expect(built.code).toBe(0);
  }
  const env = { ...process.env, SKEP_TEST_STAGE: 'unit', NO_COLOR: '1' };
  const test = spawnSync('npx', ['vitest', 'run', 'plugins'], { cwd: home, env, encoding: 'utf8' });
  const tests = CHECKS * KINDS.length;
  expect(test.stdout).toMatch(new RegExp(`Tests +${tests} passed \\(${tests}\\)`));
  const lint = spawnSync('npx', ['biome', 'check', '--vcs-enabled=false', '.'], { cwd: home, env, encoding: 'utf8' });
  expect(lint.status, lint.stderr).toBe(0);
  for (const kind of KINDS) {
    const args = [SKEP, 'selftest', `./plugins/disk/own-${kind}`, '--attach', 'all'];
    expect(execFileSync(process.execPath, args, { cwd: home, encoding: 'utf8' })).toMatch(
      /^[12] passed, 0 failed, 0 skip/m,
    );
  }
});

it('a program of kind bcc compiles as it is', async () => {
  const home = temporaryFolder();
  await runSkep(['create', 'plugin', 'sent', '--kind', 'bcc'], { cwd: home });
  const { prepareHeaders } = await import('@skep/headers');
  const { code, stdout, stderr } = await runSkep(['check'], {
    cwd: join(home, 'sent'),
    env: prepareHeaders(() => undefined),
  });
  expect(stdout, stderr).toContain('1 plugin, 1 sink, no mistakes');
  expect(code).toBe(0);
});
