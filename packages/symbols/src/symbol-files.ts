import { SkepError } from '@skep/core';
import { type ByteSource, FileSource } from './byte-source.js';
import { buildId } from './debug-file.js';
import { type ElfHeaders, readElfHeaders } from './elf.js';
import { hasSymbolTable, readElfSymbols } from './elf-symbols.js';
import type { SymbolTable } from './symbol-table.js';

/** Files that names are taken from for whatever has their build id: programs that were not stripped, or debug files. */
export class SymbolFiles {
  private readonly byBuildId = new Map<string, string>();

  /** @throws SkepError SKEP_OPTION naming a file that cannot be read, or has no build id. */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.byBuildId.set(buildIdOf(path), path);
  }

  /** Symbols for a file; undefined when none of these has its build id. */
  symbolsOf(source: ByteSource, headers: ElfHeaders): SymbolTable | undefined {
    const id = this.byBuildId.size === 0 ? undefined : buildId(source, headers);
    const path = id === undefined ? undefined : this.byBuildId.get(id);
    if (path === undefined) return undefined;
    return withFile(path, (file) => {
      const its = readElfHeaders(file);
      // One that was stripped knows less than a debug file that may be found.
      return its && hasSymbolTable(its) ? readElfSymbols(file, its) : undefined;
    });
  }
}

function buildIdOf(path: string): string {
  const id = withFile(path, (file) => {
    const headers = readElfHeaders(file);
    return headers && buildId(file, headers);
  });
  if (id !== undefined) return id;
  const remedy = 'give a program, library or debug file that was linked with --build-id';
  throw new SkepError('SKEP_OPTION', `symbol file ${path} has no build id`, remedy);
}

function withFile<T>(path: string, use: (file: FileSource) => T): T {
  let file: FileSource;
  try {
    file = new FileSource(path);
  } catch (cause) {
    throw new SkepError('SKEP_OPTION', `symbol file ${path} cannot be read: ${(cause as Error).message}`, '', {
      cause,
    });
  }
  try {
    return use(file);
  } finally {
    file.close();
  }
}
