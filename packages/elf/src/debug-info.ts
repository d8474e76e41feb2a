import type { ElfFile } from './elf-file.js';
import { notesOf } from './notes.js';
import { textAt, viewOf } from './views.js';

const NT_GNU_BUILD_ID = 3;
/** What is larger is neither. */
const MOST = 4096;

/**
 * What tells this build of the file from every other, in hexadecimal; undefined when the file has none.
 *
 * @throws ElfError when the section runs past the end of the file.
 */
export function buildId(file: ElfFile): string | undefined {
  const section = file.section('.note.gnu.build-id');
  if (!section || section.size > MOST) return undefined;
  const note = notesOf(file.data(section)).find((one) => one.owner === 'GNU' && one.type === NT_GNU_BUILD_ID);
  return note && note.description.length > 1 ? Buffer.from(note.description).toString('hex') : undefined;
}

/**
 * The file that has the debug information of this one: its bare name, and the CRC-32 of its bytes.
 *
 * @throws ElfError when the section runs past the end of the file.
 * @see https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html
 */
export function debugLink(file: ElfFile): { readonly name: string; readonly crc: number } | undefined {
  const section = file.section('.gnu_debuglink');
  if (!section || section.size < 8 || section.size > MOST) return undefined;
  const bytes = file.data(section);
  const name = textAt(bytes, 0);
  // The name is of a file, not of a place: it is this file's word only.
  if (name === '' || name.includes('/')) return undefined;
  return { name, crc: viewOf(bytes).getUint32(bytes.length - 4, true) };
}
