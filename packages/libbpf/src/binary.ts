import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { SkepError } from '@skep/core';

/** Where the dynamic linker looks when no cache says better; Debian's multi-arch folders first. */
const LIBRARY_FOLDERS = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
  '/usr/local/lib',
];

/**
 * The file that user probes attach to: a path as it is, `libc` or `libssl.so.3` as a shared library, anything else as a
 * program on the PATH.
 *
 * @throws SkepError SKEP_ATTACH when there is none.
 */
export function resolveBinary(name: string): string {
  const found = name.startsWith('/') ? (existsSync(name) ? name : undefined) : (findLibrary(name) ?? findProgram(name));
  if (found === undefined) {
    throw new SkepError('SKEP_ATTACH', `no library or program "${name}" on this machine`, 'give its full path');
  }
  return realpathSync(found);
}

/** This process's own libraries first: they are the ones the machine really uses. */
function findLibrary(name: string): string | undefined {
  if (!name.startsWith('lib')) return undefined;
  const isIt = (file: string) => file === name || file.startsWith(`${name}.so`);
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const path = line.slice(line.indexOf('/'));
    if (path.startsWith('/') && isIt(path.slice(path.lastIndexOf('/') + 1))) return path;
  }
  for (const folder of LIBRARY_FOLDERS) {
    const files = existsSync(folder) ? readdirSync(folder).filter(isIt).sort() : [];
    if (files[0] !== undefined) return join(folder, files.at(-1)!);
  }
  return undefined;
}

function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? '/usr/bin:/bin')
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
