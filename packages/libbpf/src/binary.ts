import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
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
 * The file that user probes attach to: a path (anything with a slash) as it is, `libc` or `libssl.so.3` as a shared
 * library, anything else as a program on the PATH.
 *
 * @throws SkepError SKEP_ATTACH when there is none.
 */
export function resolveBinary(name: string): string {
  const found = name.includes('/') ? (isFile(name) ? name : undefined) : (findLibrary(name) ?? findProgram(name));
  if (found === undefined) {
    throw new SkepError('SKEP_ATTACH', `no library or program "${name}" on this machine`, 'give its full path');
  }
  // Through /proc/PID/root another mount namespace is seen; a path without it would be this one's.
  return /^\/proc\/\d+\/root\//.test(found) ? found : realpathSync(found);
}

/**
 * The program that a process runs, as a file that can be opened from here.
 *
 * @throws SkepError SKEP_ATTACH when there is no such process, or it may not be looked at.
 */
export function programOf(pid: number): string {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`);
    const isElsewhere = readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
    return isElsewhere ? `/proc/${pid}/root${path}` : path;
  } catch (cause) {
    const isHidden = (cause as NodeJS.ErrnoException).code === 'EACCES';
    const why = isHidden ? 'its program cannot be looked at by this user' : 'there is none';
    throw new SkepError('SKEP_ATTACH', `process ${pid}: ${why}`, isHidden ? 'run as root' : '', { cause });
  }
}

/** This process's own libraries first: they are the ones the machine really uses. */
function findLibrary(name: string): string | undefined {
  if (!name.startsWith('lib')) return undefined;
  const isIt = (file: string) => file === name || file.startsWith(`${name}.so`);
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const path = line.slice(line.indexOf('/'));
    // A library that was replaced by an upgrade is still mapped, as `libc.so.6 (deleted)`.
    if (path.startsWith('/') && isIt(path.slice(path.lastIndexOf('/') + 1)) && isFile(path)) return path;
  }
  for (const folder of LIBRARY_FOLDERS) {
    const files = existsSync(folder) ? readdirSync(folder).filter(isIt).sort(byVersion) : [];
    const newest = files.at(-1);
    if (newest !== undefined) return join(folder, newest);
  }
  return undefined;
}

function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? '/usr/bin:/bin')
    .split(':')
    .map((folder) => join(folder, name))
    .find(isFile);
}

/** `libx.so.9` before `libx.so.10`. */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
