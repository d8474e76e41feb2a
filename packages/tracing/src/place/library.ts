import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { isSkepError, SkepError } from '@skep/core';
import { resolveBinary } from '@skep/libbpf';

/**
 * The file that BCC's `LIB` means: a path as it is, `c` the library libc, `bash` a program on the PATH; of a process in
 * a container its own file.
 *
 * @throws SkepError SKEP_ATTACH when there is none.
 */
export function libraryFile(name: string, pid?: number): string {
  if (pid !== undefined && isElsewhere(pid)) {
    const file = `/proc/${pid}/root${name}`;
    if (name.startsWith('/') && existsSync(file)) return file;
  }
  if (name.includes('/')) return resolveBinary(name);
  for (const one of name.startsWith('lib') ? [name] : [`lib${name}`, name]) {
    try {
      return resolveBinary(one);
    } catch (error) {
      if (!isSkepError(error)) throw error;
    }
  }
  throw new SkepError('SKEP_ATTACH', `no library or program "${name}" on this machine`, 'give its full path');
}

/** Whether a process sees other files than this one. */
function isElsewhere(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}

/**
 * The files that a process has mapped and may run code of, as they are seen from here.
 *
 * @throws SkepError SKEP_ATTACH when there is no such process, or its maps cannot be read.
 */
export function mappedFiles(pid: number): string[] {
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EACCES' ? 'its memory map cannot be read by this user' : 'there is none';
    throw new SkepError('SKEP_ATTACH', `process ${pid}: ${why}`, code === 'EACCES' ? 'run as root' : '', { cause });
  }
  const lines = maps.split('\n').filter((line) => /^\S+ ..x. .* \/.*(?<! \(deleted\))$/.test(line));
  const names = new Set(lines.map((line) => line.slice(line.indexOf('/'))));
  const root = isElsewhere(pid) ? `/proc/${pid}/root` : '';
  return [...names].map((name) => root + name);
}
