import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SkepError } from '@skep/core';
import { errnoOf } from './sink-error.js';

const { O_APPEND, O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

/** A file opened for appending, and which one it is. */
export interface OpenFile {
  readonly handle: FileHandle;
  /** False for FIFOs and character devices, which are only written to: no rotation, no repair. */
  readonly regular: boolean;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  /** When the file was created; now, where the file system does not tell. */
  readonly createdMs: number;
}

/** What stands at `path` itself, links not followed; undefined when nothing does. */
export async function lookAt(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Open `path` for appending; create it with `mode`, and missing folders with 0700.
 *
 * @throws SkepError SKEP_SINK for a symbolic link, a folder, a socket, a block device, or a FIFO that nobody reads.
 */
export async function openFile(path: string, mode: number): Promise<OpenFile> {
  const found = await lookAt(path);
  if (found?.isSymbolicLink()) throw refusal(path, 'it is a symbolic link', 'give the path that it leads to');
  if (found?.isFIFO()) return describe(path, await openFifo(path));
  if (found?.isCharacterDevice()) return describe(path, await open(path, O_WRONLY | O_NOFOLLOW | O_NOCTTY));
  if (found && !found.isFile()) throw refusal(path, 'it is not a regular file', 'choose another path');
  if (!found) await makeFolder(dirname(path));
  // O_NONBLOCK: whoever puts a FIFO here in between does not make us wait for its reader.
  const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  const file = await describe(path, await open(path, flags, mode));
  if (!file.regular) {
    await file.handle.close();
    throw refusal(path, 'it was replaced while it was opened', 'choose a folder that only skep writes to');
  }
  // The mode is what was asked for, whatever the umask.
  if (!found) await file.handle.chmod(mode);
  return file;
}

/** Node's own `recursive` tries for ever where a folder can never be made: below /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path || (await lookAt(dirname(path)))) throw error;
    await makeFolder(dirname(path));
    await makeFolder(path);
  }
}

/** Opening a FIFO waits for a reader, in a thread that others need: look first, without waiting, whether there is one. */
async function openFifo(path: string): Promise<FileHandle> {
  let probe: FileHandle;
  try {
    probe = await open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENXIO') throw refusal(path, 'no process reads this FIFO', 'start the reader first');
    throw error;
  }
  try {
    return await open(path, O_WRONLY | O_NOFOLLOW);
  } finally {
    await probe.close();
  }
}

async function describe(path: string, handle: FileHandle): Promise<OpenFile> {
  const found = await handle.stat({ bigint: true });
  if (found.isDirectory()) throw refusal(path, 'it is a folder', 'choose another path');
  return {
    handle,
    regular: found.isFile(),
    dev: found.dev,
    ino: found.ino,
    sizeBytes: Number(found.size),
    createdMs: found.birthtimeNs > 0n ? Math.min(Number(found.birthtimeMs), Date.now()) : Date.now(),
  };
}

function refusal(path: string, why: string, remedy: string): SkepError {
  return new SkepError('SKEP_SINK', `cannot write to ${path}: ${why}`, remedy);
}
