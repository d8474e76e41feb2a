import { readFileSync } from 'node:fs';
import { bind } from './library.js';
import { type FilePlace, resolveSymbol, SYMBOL_KIND_INDIRECT } from './symbols.js';

interface Loader {
  dlopen(path: string, flags: number): bigint | null;
  dlsym(library: bigint, name: string): bigint | null;
  dlclose(library: bigint): number;
}

/** As in dlfcn.h; in libc itself since glibc 2.34. */
export const LOADER_PROTOTYPES: readonly string[] = [
  'void *dlopen(const char *filename, int flags)',
  'void *dlsym(void *handle, const char *symbol)',
  'int dlclose(void *handle)',
];

const RTLD_LAZY = 1;
const RTLD_NOLOAD = 4;

/**
 * Where the implementation lies that this machine's loader takes for an indirect function (IFUNC), such as `strlen` of
 * glibc: what the symbol itself names runs once in each process, to choose. Undefined for other functions, and in libraries
 * that this process has not loaded.
 */
export function chosenImplementation(path: string, name: string): FilePlace | undefined {
  if (!resolveSymbol(path, name, 0, SYMBOL_KIND_INDIRECT)) return undefined;
  const address = addressHere(path, name);
  return address === undefined ? undefined : placeOf(address);
}

/** The loader of this process has chosen for itself: nothing is loaded that is not there already. */
function addressHere(path: string, name: string): bigint | undefined {
  const loader = loaderOf();
  const library = loader?.dlopen(path, RTLD_LAZY | RTLD_NOLOAD) ?? null;
  if (!loader || library === null) return undefined;
  try {
    return loader.dlsym(library, name) ?? undefined;
  } finally {
    loader.dlclose(library);
  }
}

let loaded: Loader | undefined;

/** Undefined where libc has no loader of its own: before glibc 2.34, and in other C libraries. */
function loaderOf(): Loader | undefined {
  try {
    loaded ??= bind<Loader>('libc.so.6', LOADER_PROTOTYPES);
  } catch {}
  return loaded;
}

/** `7f8a10000000-7f8a10180000 r-xp 00028000 fe:01 1234   /lib/x86_64-linux-gnu/libc.so.6` */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+ +(\/.*)$/gm;

function placeOf(address: bigint): FilePlace | undefined {
  for (const [, from, to, offset, path] of readFileSync('/proc/self/maps', 'utf8').matchAll(MAPPING)) {
    const start = BigInt(`0x${from}`);
    if (address < start || address >= BigInt(`0x${to}`)) continue;
    return { path: path!, offset: address - start + BigInt(`0x${offset}`) };
  }
  return undefined;
}
