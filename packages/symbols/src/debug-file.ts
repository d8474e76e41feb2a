import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type ByteSource, FileSource } from './byte-source.js';
import { type ElfHeaders, readElfHeaders, textAt, viewOf } from './elf.js';
import { hasSymbolTable, readElfSymbols } from './elf-symbols.js';
import type { SymbolTable } from './symbol-table.js';

const NOTE = '.note.gnu.build-id';
const LINK = '.gnu_debuglink';
const MAX_SECTION = 4096;
const CHUNK = 1 << 20;
/** Files that are larger are not read through for their checksum. */
const MAX_DEBUG_FILE = 1 << 30;

/**
 * The symbols of a stripped file, from the file of its own that distributions put them into: by its build id below
 * /usr/lib/debug, or by the name in it and the checksum.
 *
 * @param root the root folder of whoever runs the file, such as `/proc/42/root`; its own debug files come first
 * @param path of the file below `root`
 * @see https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html
 */
export function readDebugSymbols(
  source: ByteSource,
  headers: ElfHeaders,
  root: string,
  path: string,
): SymbolTable | undefined {
  if (hasSymbolTable(headers)) return undefined;
  const id = buildId(source, headers);
  if (id !== undefined) {
    const name = `usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
    for (const folder of new Set([root, '/'])) {
      const table = symbolsOf(join(folder, name), (file, its) => buildId(file, its) === id);
      if (table) return table;
    }
  }
  const link = debugLink(source, headers);
  if (link === undefined) return undefined;
  const folder = dirname(path);
  for (const place of [folder, join(folder, '.debug'), join('/usr/lib/debug', folder)]) {
    const table = symbolsOf(join(root, place, link.name), (file) => checksum(file) === link.crc);
    if (table) return table;
  }
  return undefined;
}

function symbolsOf(path: string, fits: (file: FileSource, headers: ElfHeaders) => boolean): SymbolTable | undefined {
  let file: FileSource;
  try {
    file = new FileSource(path);
  } catch {
    return undefined;
  }
  try {
    const headers = readElfHeaders(file);
    return headers && hasSymbolTable(headers) && fits(file, headers) ? readElfSymbols(file, headers) : undefined;
  } finally {
    file.close();
  }
}

/** Hexadecimal; undefined when the file has none. */
export function buildId(source: ByteSource, { sections }: ElfHeaders): string | undefined {
  const section = sections.find(({ name }) => name === NOTE);
  if (!section || section.size > MAX_SECTION) return undefined;
  const bytes = source.read(section.offset, section.size);
  if (bytes.length < 16) return undefined;
  const view = viewOf(bytes);
  const start = 12 + ((view.getUint32(0, true) + 3) & ~3);
  const id = bytes.subarray(start, start + view.getUint32(4, true));
  return id.length < 2 ? undefined : Buffer.from(id).toString('hex');
}

/** The name, and the CRC-32 of the file it means. */
function debugLink(
  source: ByteSource,
  { sections }: ElfHeaders,
): { readonly name: string; readonly crc: number } | undefined {
  const section = sections.find(({ name }) => name === LINK);
  if (!section || section.size > MAX_SECTION || section.size < 8) return undefined;
  const bytes = source.read(section.offset, section.size);
  const name = textAt(bytes, 0);
  // The name is of a file, not of a place: it is the file's word only.
  if (name === '' || name.includes('/') || bytes.length < section.size) return undefined;
  return { name, crc: viewOf(bytes).getUint32(section.size - 4, true) };
}

function checksum(file: FileSource): number | undefined {
  if (file.size > MAX_DEBUG_FILE) return undefined;
  let crc = 0;
  for (let at = 0; at < file.size; at += CHUNK) crc = crc32(file.read(at, CHUNK), crc);
  return crc;
}
