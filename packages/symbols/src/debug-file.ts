import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { buildId, debugLink, ElfError, ElfFile, FileSource } from '@skep/elf';
import type { DwarfMemory } from './dwarf/dwarf-memory.js';
import { hasSymbolTable } from './elf-symbols.js';
import { type FileNames, readNames } from './file-names.js';

const CHUNK = 1 << 20;
/** Files that are larger are not read through for their checksum. */
const MAX_DEBUG_FILE = 1 << 30;

/**
 * The names of a stripped file, from the file of its own that distributions put them into: by its build id below
 * /usr/lib/debug, or by the name in it and the checksum.
 *
 * @param root the root folder of whoever runs the file, such as `/proc/42/root`; its own debug files come first
 * @param path of the file below `root`
 * @see https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html
 */
export function readDebugNames(file: ElfFile, root: string, path: string, memory: DwarfMemory): FileNames | undefined {
  if (hasSymbolTable(file)) return undefined;
  const id = buildId(file);
  if (id !== undefined) {
    const name = `usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
    for (const folder of new Set([root, '/'])) {
      const names = namesOf(join(folder, name), memory, (_, debug) => buildId(debug) === id);
      if (names) return names;
    }
  }
  const link = debugLink(file);
  if (link === undefined) return undefined;
  const folder = dirname(path);
  for (const place of [folder, join(folder, '.debug'), join('/usr/lib/debug', folder)]) {
    const names = namesOf(join(root, place, link.name), memory, (source) => checksum(source) === link.crc);
    if (names) return names;
  }
  return undefined;
}

function namesOf(
  path: string,
  memory: DwarfMemory,
  fits: (source: FileSource, debug: ElfFile) => boolean,
): FileNames | undefined {
  let source: FileSource;
  try {
    source = new FileSource(path);
  } catch {
    return undefined;
  }
  try {
    const debug = new ElfFile(source);
    return hasSymbolTable(debug) && fits(source, debug) ? readNames(debug, source, memory) : undefined;
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  } finally {
    source.close();
  }
}

function checksum(file: FileSource): number | undefined {
  if (file.size > MAX_DEBUG_FILE) return undefined;
  let crc = 0;
  for (let at = 0; at < file.size; at += CHUNK) crc = crc32(file.read(at, CHUNK), crc);
  return crc;
}
