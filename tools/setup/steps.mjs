// The steps that set a workspace up. Plain JavaScript without dependencies: they run before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const STAMPS = join(ROOT, '.cache');

/** What running skep and building its plugins needs. */
export const PACKAGES = ['libbpf1', 'libbpf-dev', 'clang', 'lld', 'llvm', 'libbpfcc', 'zstd'];
/** What its tests need besides: other kernels, and a look at what is attached. */
export const TEST_PACKAGES = [
  'qemu-system-x86',
  'busybox-static',
  'kmod',
  'xz-utils',
  'bpftool',
  'bash',
  'perl-base',
  'procps',
  'libc6-dev',
  'libbpfcc-dev',
  'systemtap-sdt-dev',
  'tmux',
  'util-linux',
  'mount',
  'clickhouse-server',
  'clickhouse-client',
  'zookeeper',
  'iproute2',
];

/** A step that failed; its message is all the user needs. */
export class SetupError extends Error {}

const say = (text) => process.stderr.write(`setup: ${text}\n`);

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
  if (error) throw new SetupError(`${command}: ${error.message}`);
  if (status !== 0) throw new SetupError(`${command} ${args.join(' ')} ended with exit code ${status}`);
}

/** Install the Debian packages that are missing; as root. */
export function debianPackages(names) {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid() !== 0) throw new SetupError(`Debian packages are missing; as root: ${line}`);
  say(`installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-q'], { env });
  run('apt-get', line.split(' ').slice(1), { env });
}

function isInstalled(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of dpkg's
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' });
  return stdout === 'install ok installed';
}

/** npm install, when a manifest has changed since the last time. */
export function npmPackages() {
  const manifests = [
    'package.json',
    'e2e/package.json',
    'examples/package.json',
    ...workspaceFolders().map((folder) => join(folder, 'package.json')),
  ];
  const state = hash(manifests.map((file) => `${file}\n${readFileSync(join(ROOT, file), 'utf8')}`).join('\n'));
  if (existsSync(join(ROOT, 'node_modules/.package-lock.json')) && stamp('npm') === state) return;
  say('installing npm packages');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);
  setStamp('npm', state);
}

/** Compile packages, BPF programs and plugins, when a source has changed since the last time. */
export function build() {
  const state = hash(sourceFiles().join('\n'));
  if (stamp('build') === state) return;
  say('building');
  // No daemon: the build leaves no process behind.
  const env = { ...process.env, NX_DAEMON: 'false' };
  run('npx', ['nx', 'run-many', '-t', 'build', '--output-style=static', '--parallel=2'], { env });
  setStamp('build', state);
}

function workspaceFolders() {
  const folders = (parent) =>
    existsSync(join(ROOT, parent)) ? readdirSync(join(ROOT, parent)).map((name) => join(parent, name)) : [];
  return [...folders('packages'), ...folders('tools'), ...folders('plugins').filter(isFolder).flatMap(folders)].filter(
    (folder) => existsSync(join(ROOT, folder, 'package.json')),
  );
}

const isFolder = (path) => statSync(join(ROOT, path)).isDirectory();

/** Size and time of every file that the build reads, and of what it writes, so that a removed result is noticed. */
function sourceFiles() {
  const lines = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      // Folders such as .cache hold what others made.
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name === 'dist') lines.push(`${relative(ROOT, path)} built`);
        else if (entry.name !== 'node_modules') walk(path);
      } else if (/\.(ts|json|c|h|mjs)$/.test(entry.name) && !entry.name.endsWith('.bpf.ts')) {
        const { size, mtimeMs } = statSync(path);
        lines.push(`${relative(ROOT, path)} ${size} ${mtimeMs}`);
      }
    }
  };
  for (const folder of ['packages', 'plugins', 'tools', 'examples'])
    if (existsSync(join(ROOT, folder))) walk(join(ROOT, folder));
  return lines.sort();
}

const hash = (text) => createHash('sha256').update(text).digest('hex');

function stamp(name) {
  const file = join(STAMPS, `${name}.stamp`);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Taken anew after the step: it may have written files that count. */
function setStamp(name, state) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, `${name}.stamp`), name === 'build' ? hash(sourceFiles().join('\n')) : state);
}

/** Run `steps`; a failed one is a message and exit code 1. */
export async function main(steps) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  try {
    if (major < 20 || (major === 20 && minor < 19))
      throw new SetupError(`Node.js 20.19 or newer is needed, this is ${process.version}`);
    await steps();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`setup: ${error.message}\n`);
    process.exitCode = 1;
  }
}
