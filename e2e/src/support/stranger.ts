import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.js';

const NOBODY = 65534;

/** Packages that somebody needs who writes plugins, sinks and processors, by their folders. */
const WORKSHOP = withDependencies(['cli', 'sink-file', 'testing']);

/** Packages of the workspace by their folders, and those of it that they need. */
export function withDependencies(names: readonly string[]): readonly string[] {
  const all = new Set(names);
  for (const name of all) {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));
    for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      const folder = needed.replace('@skep/', '');
      if (existsSync(join(ROOT, 'packages', folder))) all.add(folder);
    }
  }
  return [...all];
}

/** What `npm pack` makes of packages of the workspace, by their folders. */
export type Tarballs = ReadonlyMap<string, string>;

/** An empty folder outside of the workspace, from which nothing of it can be reached. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-stranger-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** Pack what a stranger would get from a registry. */
export function packWorkspace(folder: string, packages: readonly string[]): Tarballs {
  mkdirSync(folder, { recursive: true });
  const folders = packages.map((name) => join(ROOT, 'packages', name));
  const names = run('npm', ['pack', '--silent', '--pack-destination', folder, ...folders], ROOT);
  const files = names.trim().split('\n');
  return new Map(packages.map((name, i) => [name, join(folder, files[i]!)]));
}

export function packForStranger(folder: string): Tarballs {
  return packWorkspace(folder, [...WORKSHOP, 'sink-clickhouse']);
}

/** Tarballs of the packages that are needed to write plugins. */
export function workshopOf(tarballs: Tarballs): string[] {
  return WORKSHOP.map((name) => tarballs.get(name)!);
}

/** `npm install` of these files; what they need of others is npm's business. */
export function install(folder: string, files: readonly string[], flags: readonly string[] = []): void {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...quiet, ...flags, ...files], folder);
}

/** Make a user without privileges the owner of everything in `folder`. */
export function giveAway(folder: string): void {
  run('chown', ['-R', `${NOBODY}:${NOBODY}`, folder], '/');
}

/** Run a command as a user without privileges, at home in `folder`; its standard output. */
export function asNobody(folder: string, command: readonly string[]): string {
  const words = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--', ...command];
  return run('setpriv', words, folder, { HOME: folder });
}

/** Pack a package as its author does; the path of the tarball. */
export function packOwn(folder: string): string {
  asNobody(folder, ['npm', 'pack', '--silent']);
  const packed = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  if (packed.length !== 1) throw new Error(`${packed.length} tarballs in ${folder}`);
  const to = join(folder, '..', packed[0]!);
  run('mv', [join(folder, packed[0]!), to], '/');
  return to;
}

export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Without what npm told the program that runs the tests: its cache is not everybody's. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** @throws Error with everything that the command said, when it fails. */
function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): string {
  try {
    return execFileSync(command, args, {
      cwd,
      env: { ...ENVIRONMENT, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error });
  }
}
