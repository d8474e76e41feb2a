import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SkepError } from '@skep/core';
import { type PackageInfo, type PackageKind, packageInfo, readManifest, shortName } from './package-info.js';
import { searchFolders } from './search-folders.js';

// Also keeps `..` and absolute paths from leaving node_modules.
const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** Whether `use` is a path rather than the name of a package. */
export function isPath(use: string): boolean {
  return /^\.{0,2}\/|^\.{1,2}$/.test(use);
}

/** The packages that a name in the YAML may stand for, in the order they are tried. */
export function candidateNames(kind: PackageKind, use: string): string[] {
  if (!PACKAGE_NAME.test(use)) return [];
  return use.startsWith('@') ? [use] : [`@skep/${kind}-${use}`, `skep-${kind}-${use}`, use];
}

/**
 * The package that `use` names: by short name, npm package name, or path (relative to the first of `folders`; a
 * folder with a `package.json`, or a file). Undefined when there is none. No code of it runs.
 *
 * @throws SkepError SKEP_PLUGIN_NOT_FOUND when a short name fits two packages.
 */
export function findPackage(kind: PackageKind, use: string, folders: readonly string[]): PackageInfo | undefined {
  if (isPath(use)) return packageAtPath(kind, use, folders[0] ?? process.cwd());
  const roots = searchFolders(folders);
  const nearest = (name: string) => {
    for (const root of roots) {
      const info = packageInfo(kind, name, join(root, name));
      if (info) return info;
    }
    return undefined;
  };
  const found = candidateNames(kind, use).flatMap((name) => nearest(name) ?? []);
  const [first, second] = found;
  // One that is installed later must not take the place of another.
  if (first && second && first.name === second.name && first.name === use) throw ambiguous(kind, use, [first, second]);
  return first;
}

function ambiguous(kind: PackageKind, use: string, found: readonly PackageInfo[]): SkepError {
  const names = found.map((one) => one.package);
  return new SkepError(
    'SKEP_PLUGIN_NOT_FOUND',
    `${kind} "${use}" may be ${names.join(' or ')}`,
    `say which: use: "${names[0]}"`,
  );
}

/** Every plugin, sink and processor that can be named, by name; of two with one name the nearest. No code of them runs. */
export function listPackages(folders: readonly string[]): PackageInfo[] {
  const found = new Map<string, PackageInfo>();
  for (const root of searchFolders(folders)) {
    const scoped = namesIn(join(root, '@skep')).map((name) => `@skep/${name}`);
    for (const name of [...scoped, ...namesIn(root)]) {
      const kind = /^(?:@skep\/|skep-)(plugin|sink|processor)-./.exec(name)?.[1] as PackageKind | undefined;
      const info = kind && packageInfo(kind, name, join(root, name));
      if (info && !found.has(`${kind} ${info.name}`)) found.set(`${kind} ${info.name}`, info);
    }
  }
  return [...found.values()].sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
}

function packageAtPath(kind: PackageKind, use: string, base: string): PackageInfo | undefined {
  const path = resolve(base, use);
  const info = packageInfo(kind, use, path);
  if (info) return { ...info, name: nameIn(path) ?? basename(path) };
  if (!/\.[cm]?js$/.test(path) || !existsSync(path)) return undefined;
  const name = basename(path).replace(/\.[cm]?js$/, '');
  const folder = dirname(path);
  return { kind, name, package: use, version: '', description: '', folder, category: undefined };
}

/** The short name that the package in a folder gives itself. */
function nameIn(folder: string): string | undefined {
  const name = readManifest(folder)?.name;
  return typeof name === 'string' && shortName(name) !== name ? shortName(name) : undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
