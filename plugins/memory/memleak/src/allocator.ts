import { basename } from 'node:path';
import { isSkepError, SkepError, suggest } from '@skep/core';
import { ElfFile, libraryFile, mappedFiles } from '@skep/tracing';

/** A function of an allocator, and where it is in its file. */
export interface AllocatorFunction {
  readonly name: string;
  readonly offset: bigint;
  /** Programs at its entry and, where what it returns matters, at its return. */
  readonly entry: string;
  readonly hasReturn: boolean;
}

/**
 * What gives memory and takes it back. reallocarray(3) is not among them: it goes on to realloc, which counts. mmap64 is
 * another name of mmap.
 */
const GIVERS = [
  ...['malloc', 'calloc', 'realloc', 'posix_memalign', 'memalign', 'aligned_alloc', 'valloc', 'pvalloc'],
  ...['mmap', 'mremap'],
];
const TAKERS = ['free', 'munmap'];

/**
 * The functions of the allocator in a file, by their names with `prefix` before them; most of them may be absent. Two
 * names of one place are one function: a call would count twice.
 *
 * @throws SkepError SKEP_ATTACH when nothing there gives memory, or nothing takes it back.
 */
export function allocatorFunctions(path: string, prefix: string): AllocatorFunction[] {
  const file = new ElfFile(path);
  try {
    const all = file.functions();
    const places = new Map(all.map(({ name, offset }) => [name, offset]));
    const found: AllocatorFunction[] = [];
    for (const name of [...GIVERS, ...TAKERS, 'mmap64']) {
      const offset = places.get(prefix + name);
      if (offset === undefined || found.some((one) => one.offset === offset)) continue;
      const entry = `${name === 'mmap64' ? 'mmap' : name}_entered`;
      found.push({ name: prefix + name, offset, entry, hasReturn: name !== 'free' });
    }
    const has = (names: readonly string[]) => found.some(({ name }) => names.includes(name.slice(prefix.length)));
    if (has(GIVERS) && has(TAKERS)) return found;
    const missing = prefix + (has(GIVERS) ? 'free' : 'malloc');
    const near = suggest(
      missing,
      all.map(({ name }) => name),
    );
    const remedy = near || 'name the file that holds the allocator with -O, and its prefix with --symbols-prefix';
    throw new SkepError('SKEP_ATTACH', `${path} has no function "${missing}"`, remedy);
  } finally {
    file.close();
  }
}

/**
 * The file that holds the allocator of a process: a path as it is, a short name such as `c` the library that the process
 * has mapped, else the one of this machine.
 *
 * @throws SkepError SKEP_ATTACH when there is none, or no such process.
 */
export function allocatorFile(name: string, pid: number): string {
  const mapped = mappedFiles(pid);
  if (name.includes('/')) return libraryFile(name, pid);
  return mapped.find((path) => isLibrary(basename(path), name)) ?? ofMachine(name, pid);
}

function ofMachine(name: string, pid: number): string {
  try {
    return libraryFile(name, pid);
  } catch (error) {
    if (!isSkepError(error)) throw error;
    const message = `process ${pid} has no library "${name}", and this machine has none`;
    throw new SkepError('SKEP_ATTACH', message, `give a path: -O /proc/${pid}/exe for an allocator in the program`);
  }
}

/** `c`: libc.so.6, libc-2.31.so, and musl's ld-musl-x86_64.so.1, which is its C library, too. */
export function isLibrary(file: string, name: string): boolean {
  if (name === 'c' && /^(ld-musl-|libc\.musl-)/.test(file)) return true;
  const rest = file.startsWith(`lib${name}`) ? file.slice(3 + name.length) : undefined;
  return file === name || (rest !== undefined && /^(-[\d.]+)?\.so(\.|$)/.test(rest));
}
