import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export type PackageKind = 'plugin' | 'sink' | 'processor';

/** A plugin, sink or processor package as its `package.json` describes it; none of its code has run. */
export interface PackageInfo {
  readonly kind: PackageKind;
  /** Short name: `opensnoop` for `@skep/plugin-opensnoop` and `skep-plugin-opensnoop`; else the package's name. */
  readonly name: string;
  /** Name of the package, or the path it was given by. */
  readonly package: string;
  readonly version: string;
  /** One line; '' when the package has none. */
  readonly description: string;
  /** Absolute, links resolved. */
  readonly folder: string;
  /** The folder above it in a workspace (`plugins/<category>/<tool>`), or `"skep": { "category" }`. */
  readonly category: string | undefined;
}

/** The members of a `package.json` that are used here; anything may be missing or of another type. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly description?: unknown;
  readonly exports?: unknown;
  readonly main?: unknown;
  readonly skep?: unknown;
}

/**
 * The manifest of a package folder, or undefined when it has none that can be read.
 *
 * Read synchronously: a command at the prompt needs it before anything else, and it is one small file.
 */
export function readManifest(folder: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Describe the package in `folder`, which is known as `packageName`; undefined when there is none. */
export function packageInfo(kind: PackageKind, packageName: string, folder: string): PackageInfo | undefined {
  const manifest = readManifest(folder);
  if (!manifest) return undefined;
  const real = realpathSync(folder);
  return {
    kind,
    name: shortName(packageName),
    package: packageName,
    version: textOf(manifest.version),
    description: textOf(manifest.description),
    folder: real,
    category: categoryOf(real, manifest),
  };
}

/** `opensnoop` for the package names that have a short form, else the name itself. */
export function shortName(packageName: string): string {
  return /^(?:@skep\/|skep-)(?:plugin|sink|processor)-(.+)$/.exec(packageName)?.[1] ?? packageName;
}

function categoryOf(folder: string, manifest: Manifest): string | undefined {
  const category = dirname(folder);
  if (basename(dirname(category)) === 'plugins') return basename(category);
  const { skep } = manifest;
  const stated = typeof skep === 'object' && skep !== null ? (skep as { category?: unknown }).category : undefined;
  return typeof stated === 'string' && stated !== '' ? stated : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
