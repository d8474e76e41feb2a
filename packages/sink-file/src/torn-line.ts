import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const BLOCK = 64 * 1024;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Cut a file back to the end of its last whole line, as a process killed while it wrote leaves it. The bytes cut off
 * are first appended to `tornPath`, a line feed behind them, so that nothing is lost silently.
 *
 * Returns the bytes cut; 0 when the file is empty or ends with a line feed.
 */
export async function repairTornLine(handle: FileHandle, size: number, tornPath: string): Promise<number> {
  const end = await endOfLastLine(handle, size);
  if (end === size) return 0;
  const torn = await open(tornPath, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const block = new Uint8Array(BLOCK);
    for (let at = end; at < size; ) {
      const { bytesRead } = await handle.read(block, 0, Math.min(BLOCK, size - at), at);
      if (bytesRead === 0) break;
      await writeAll(torn, block.subarray(0, bytesRead));
      at += bytesRead;
    }
    await writeAll(torn, Uint8Array.of(10));
    await torn.datasync();
  } finally {
    await torn.close();
  }
  await handle.truncate(end);
  return size - end;
}

async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const block = new Uint8Array(BLOCK);
  for (let stop = size; stop > 0; ) {
    const start = Math.max(0, stop - BLOCK);
    const { bytesRead } = await handle.read(block, 0, stop - start, start);
    const newline = block.lastIndexOf(10, bytesRead - 1);
    if (newline >= 0 && bytesRead > 0) return start + newline + 1;
    stop = start;
  }
  return 0;
}

/** All of `bytes`: a write may take only a part, near the end of the space for one. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}
