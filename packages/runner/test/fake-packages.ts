import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder of its own for one test file, removed afterwards; `files` are written into it. */
export function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skep-runner-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFiles(folder, files);
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** The files of a package whose default export is `body` with the tag of its kind. */
export function fakePackage(
  kind: 'plugin' | 'sink',
  name: string,
  body = kind === 'plugin' ? '{ attach: [], streams: {} }' : '{ create() {} }',
  { api = 1, manifest = {} }: { api?: number; manifest?: object } = {},
): Record<string, string> {
  const about = { name, version: '1.2.3', description: `What ${name} is`, type: 'module', ...manifest };
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({ exports: './index.js', ...about }),
    [`node_modules/${name}/index.js`]: `export default { [Symbol.for('skep.${kind}')]: ${api}, ...${body} };\n`,
  };
}

/** A few plugins and sinks with options of many kinds. */
export function fakeInstallation(): Record<string, string> {
  return {
    ...fakePackage(
      'plugin',
      '@skep/plugin-opensnoop',
      `{ attach: [['a']], streams: {}, options: {
        failed: { kind: 'boolean', help: 'Only failed opens', default: false },
        pid: { kind: 'integer', help: 'Only this process', min: 1, max: 4194304, conflicts: ['user'] },
        user: { kind: 'user', help: 'Only this user' },
        name: { kind: 'string', help: 'Only this name', maxBytes: 16 },
        flags: { kind: 'list', help: 'Only these', choices: ['O_RDONLY', 'O_CREAT'] },
        ports: { kind: 'integers', help: 'Only these', min: 0, max: 65535 },
        mode: { kind: 'choice', help: 'How', choices: ['short', 'long'], default: 'short' },
      } }`,
    ),
    ...fakePackage('plugin', '@skep/plugin-biolatency', '{ attach: [], streams: {}, interval: 2 }'),
    ...fakePackage('plugin', 'skep-plugin-stranger'),
    ...fakePackage(
      'sink',
      '@skep/sink-stdout',
      `{ create() {}, options: {
      format: { kind: 'choice', help: 'How', choices: ['table', 'json'], default: 'table' } } }`,
    ),
    ...fakePackage(
      'sink',
      '@skep/sink-file',
      `{ create() {}, options: {
      path: { kind: 'string', help: 'Where to' }, size: { kind: 'size', help: 'How large' },
      password: { kind: 'string', help: 'A secret', maxBytes: 32 },
      rotate: { kind: 'group', help: 'When to rotate', options: {
        size: { kind: 'size', help: 'How large' }, keep: { kind: 'integer', help: 'How many', min: 1, max: 99, default: 5 } } },
    } }`,
    ),
  };
}
