import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Insert } from '../sql/statement.js';
import { stringLiteral, stringValue } from '../sql/tokens.js';
import { DialectError } from './dialect-error.js';
import { pathOf } from './scratch.js';

/** ClickHouse goes by the ending when no COMPRESSION is named; behind a descriptor there is none to see. */
const COMPRESSIONS: Readonly<Record<string, string>> = { br: 'br', gz: 'gzip', zst: 'zstd' };

/**
 * Open the file that `FROM INFILE` names, if it is a regular file below one of `folders`. The engine gets the open file,
 * so that nobody can put another into its place after the check.
 *
 * @throws DialectError code 73 when it is anywhere else; code 107 when there is none.
 */
export async function openInfile(path: string, folders: Iterable<string>): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new DialectError(107, 'FILE_DOESNT_EXIST', `File ${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    const real = await readlink(pathOf(file));
    const isAllowed = [...folders].some((folder) => real.startsWith(folder + sep));
    if (isAllowed && (await file.stat()).isFile()) return file;
    throw new DialectError(291, 'DATABASE_ACCESS_DENIED', `File ${path} is not in the spool of this store`);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The text of an INSERT that reads its data from `path`: for a statement that names a file, in the place of that name.
 */
export function insertFrom(text: string, { infile, compression, end }: Insert, path: string): string {
  if (!infile) return `${text.slice(0, end)} FROM INFILE ${stringLiteral(path)} COMPRESSION 'none' ${text.slice(end)}`;
  const named = stringValue(text.slice(infile.start, infile.end));
  const kind = COMPRESSIONS[/\.([a-z]+)$/.exec(named)?.[1] ?? ''] ?? 'none';
  const rest = compression ? '' : ` COMPRESSION '${kind}'`;
  return `${text.slice(0, infile.start)}${stringLiteral(path)}${rest}${text.slice(infile.end)}`;
}
