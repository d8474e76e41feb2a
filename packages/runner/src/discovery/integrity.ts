import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SkepError } from '@skep/core';
import type { PackageInfo } from './package-info.js';

/** What is no part of a package once it is installed. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git']);

/**
 * A hash over every file of a package's folder, those of a `node_modules` in it included: `sha512-` and base64, as npm
 * writes hashes. Any file that is added, removed, renamed or changed gives another one. What the package shares with
 * others, in a `node_modules` above it, is not covered.
 */
export function integrityOf(folder: string): string {
  const hash = createHash('sha512');
  for (const path of filesBelow(folder, '').sort()) {
    const content = contentOf(join(folder, path));
    // Lengths first: no two lists of files give the same bytes.
    hash.update(`${Buffer.byteLength(path)}:${path}${content.length}:`).update(content);
  }
  return `sha512-${hash.digest('base64')}`;
}

/**
 * Compare a package with what the configuration pins, before any of its code runs.
 *
 * @throws SkepError SKEP_INTEGRITY when they differ.
 */
export function requireIntegrity(info: PackageInfo, pinned: string): void {
  const actual = integrityOf(info.folder);
  if (actual === pinned) return;
  const message = `${info.kind} ${info.name} (${info.package} ${info.version}) is not what is pinned: its files give ${actual}`;
  throw new SkepError(
    'SKEP_INTEGRITY',
    message,
    `find out what has changed; to take it: skep integrity ${info.package}`,
  );
}

function filesBelow(folder: string, path: string): string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    if (path === '' && LEFT_OUT.has(entry.name)) return [];
    const below = path === '' ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, below) : [below];
  });
}

/** Of a link where it leads to. */
function contentOf(path: string): Uint8Array {
  try {
    return Buffer.from(`link:${readlinkSync(path)}`);
  } catch {
    return readFileSync(path);
  }
}
