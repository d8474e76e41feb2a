import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDWR } = constants;
/** Not among Node's constants; the same on x64 and arm64. */
const O_TMPFILE = 0o20000000 | O_DIRECTORY;

const MEMORY_FOLDER = '/dev/shm';
/** Containers give 64 MB: what is to be held there must leave room for others. */
const MIN_FREE_BYTES = 256 << 20;
/** A body beyond this belongs on the disk, not in memory. */
const MAX_BODY_IN_MEMORY_BYTES = 64 << 20;

/**
 * A file without a name, holding all of `body`: nothing of it is left after a crash. The engine can only read data from
 * files; in the text of a statement they would end at the first empty line, and the rest be run as SQL.
 *
 * @throws when the body ends early: then nothing must be inserted.
 */
export async function scratchFile(body: Readable, expectedBytes: number, folder: string): Promise<FileHandle> {
  const file = await openUnnamed(await placeFor(expectedBytes, folder));
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function placeFor(bytes: number, folder: string): Promise<string> {
  if (!(bytes <= MAX_BODY_IN_MEMORY_BYTES)) return folder;
  const free = await statfs(MEMORY_FOLDER).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return free > MIN_FREE_BYTES ? MEMORY_FOLDER : folder;
}

async function openUnnamed(folder: string): Promise<FileHandle> {
  try {
    return await open(folder, O_TMPFILE | O_RDWR, 0o600);
  } catch (error) {
    // Some file systems have no unnamed files, such as those on a network.
    if (!['EOPNOTSUPP', 'EISDIR', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const path = join(folder, `.body-${randomUUID()}`);
    const file = await open(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    await unlink(path);
    return file;
  }
}

/** The path under which the engine, in this process, reads an open file. */
export function pathOf(file: FileHandle): string {
  return `/proc/self/fd/${file.fd}`;
}
