import { statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { isPath } from './find-packages.js';
import { type PackageInfo, readManifest } from './package-info.js';

const CONDITIONS = new Set(['node', 'import', 'default']);

/**
 * The file `import` would load for a package: `exports` of `.` under the conditions node, import and default, else
 * `main`, else `index.js`. Node's own `import.meta.resolve` takes no starting folder, and `require.resolve` refuses
 * packages that export for `import` only.
 *
 * @returns the absolute path, whether or not the file exists; undefined when the package exports nothing for `.`.
 */
export function entryFile(info: PackageInfo, base: string): string | undefined {
  if (isPath(info.package) && isFile(resolve(base, info.package))) return resolve(base, info.package);
  const { exports, main } = readManifest(info.folder) ?? {};
  const target = exports === undefined ? (typeof main === 'string' ? main : 'index.js') : exportTarget(exports);
  if (target === undefined) return undefined;
  const file = resolve(info.folder, target);
  if (exports !== undefined) return file.startsWith(info.folder + sep) ? file : undefined;
  return [file, `${file}.js`, join(file, 'index.js')].find(isFile) ?? file;
}

function exportTarget(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports.startsWith('./') ? exports : undefined;
  if (Array.isArray(exports)) return exports.map(exportTarget).find((target) => target !== undefined);
  if (typeof exports !== 'object' || exports === null) return undefined;
  for (const [key, value] of Object.entries(exports)) {
    const target = key === '.' || CONDITIONS.has(key) ? exportTarget(value) : undefined;
    if (target !== undefined) return target;
  }
  return undefined;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
