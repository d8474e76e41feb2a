import { SkepError } from '@skep/core';
import { buildId, ElfError, ElfFile, FileSource } from '@skep/elf';
import type { DwarfMemory } from './dwarf/dwarf-memory.js';
import { hasSymbolTable } from './elf-symbols.js';
import { type FileNames, readNames } from './file-names.js';

/** Files that names are taken from for whatever has their build id: programs that were not stripped, or debug files. */
export class SymbolFiles {
  private readonly byBuildId = new Map<string, string>();

  /** @throws SkepError SKEP_OPTION naming a file that cannot be read, or has no build id. */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.byBuildId.set(buildIdOf(path), path);
  }

  /** Names for a file; undefined when none of these has its build id. */
  namesOf(file: ElfFile, memory: DwarfMemory): FileNames | undefined {
    const id = this.byBuildId.size === 0 ? undefined : buildId(file);
    const path = id === undefined ? undefined : this.byBuildId.get(id);
    if (path === undefined) return undefined;
    // One that was stripped knows less than a debug file that may be found.
    return withFile(path, (its, source) => (hasSymbolTable(its) ? readNames(its, source, memory) : undefined));
  }
}

function buildIdOf(path: string): string {
  const id = withFile(path, buildId);
  if (id !== undefined) return id;
  const remedy = 'give a program, library or debug file that was linked with --build-id';
  throw new SkepError('SKEP_OPTION', `symbol file ${path} has no build id`, remedy);
}

/** What `use` makes of the file; undefined for what is no ELF file, or a damaged one. */
function withFile<T>(path: string, use: (file: ElfFile, source: FileSource) => T): T | undefined {
  let source: FileSource;
  try {
    source = new FileSource(path);
  } catch (cause) {
    const message = `symbol file ${path} cannot be read: ${(cause as Error).message}`;
    throw new SkepError('SKEP_OPTION', message, '', { cause });
  }
  try {
    return use(new ElfFile(source), source);
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  } finally {
    source.close();
  }
}
