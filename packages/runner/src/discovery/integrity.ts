import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SkepError } from '@skep/core';
import type { PackageInfo } from './package-info.js';

/** `sha512-` and base64, as in the lock files of npm. */
export const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;

/**
 * What a package is, byte for byte: SHA-512 over the paths and contents of all its files, in the order of their paths.
 * Packages that it depends on (`node_modules`) are not part of it.
 *
 * @throws SkepError SKEP_INTEGRITY when it has links, or is a single file.
 */
export function packageIntegrity(info: PackageInfo): string {
  const { folder } = info;
  if (/\.[cm]?js$/.test(info.package)) {
    throw new SkepError(
      'SKEP_INTEGRITY',
      `${info.package} is a single file`,
      'only the folder of a package can be pinned',
    );
  }
  const all = createHash('sha512');
  for (const path of filesBelow(folder).sort(byBytes)) {
    // Lengths before names: no two packages give the same bytes.
    const name = relative(folder, path);
    all.update(`${Buffer.byteLength(name)} ${name} `);
    all.update(createHash('sha512').update(readFileSync(path)).digest());
  }
  return `sha512-${all.digest('base64')}`;
}

/** @throws SkepError SKEP_INTEGRITY when the package is not the one that was pinned. None of its code has run. */
export function checkIntegrity(info: PackageInfo, pinned: string | undefined): void {
  if (pinned === undefined) return;
  const actual = packageIntegrity(info);
  if (actual === pinned) return;
  throw new SkepError(
    'SKEP_INTEGRITY',
    `${info.kind} ${info.name} (${info.package} ${info.version}) is not the package that was pinned; nothing of it was run`,
    `it is ${actual}: find out what changed it before you pin that`,
  );
}

function filesBelow(root: string): string[] {
  const files: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules') folders.push(path);
      } else if (entry.isSymbolicLink()) {
        throw new SkepError('SKEP_INTEGRITY', `${path} is a link`, 'a package with links cannot be pinned');
      } else if (entry.isFile()) {
        files.push(path);
      }
    }
  }
  return files;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
