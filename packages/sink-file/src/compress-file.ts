import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { SkepError } from '@skep/core';
import { lookAt } from './open-file.js';
import { writeAll } from './torn-line.js';

export type Compression = 'gzip' | 'zstd';

const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;

/** node:zlib has zstd from Node 22.15 on; older ones use the `zstd` program. */
const createZstd = (zlib as { createZstdCompress?: () => Transform }).createZstdCompress;

/** @throws SkepError SKEP_SINK when neither this Node nor a program on the PATH can compress so. */
export async function requireCompression(sink: string, kind: Compression): Promise<void> {
  if (kind === 'gzip' || createZstd) return;
  try {
    await promisify(execFile)('zstd', ['--version']);
  } catch (cause) {
    const message = `${sink}: compress: zstd needs the zstd program, or Node 22.15 or later`;
    throw new SkepError('SKEP_SINK', message, 'install the package zstd, or write compress: gzip', { cause });
  }
}

/**
 * Put a compressed copy in the place of `path` and return its path. It appears under its name only when it is whole and
 * on the disk; until then it is a `.part`. Undefined when the file was removed meanwhile.
 */
export async function compressFile(path: string, kind: Compression): Promise<string | undefined> {
  const final = path + (kind === 'gzip' ? '.gz' : '.zst');
  const part = `${final}.part`;
  const from = await open(path, constants.O_RDONLY | O_NOFOLLOW);
  try {
    const { mode, atime, mtime } = await from.stat();
    const to = await open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode & 0o777);
    try {
      await copyThrough(from, to, kind);
      await to.utimes(atime, mtime);
      await to.sync();
    } catch (error) {
      await unlink(part);
      throw error;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  if (!(await lookAt(path)) || (await lookAt(final))) {
    await unlink(part);
    return undefined;
  }
  await rename(part, final);
  await unlink(path);
  return final;
}

async function copyThrough(from: FileHandle, to: FileHandle, kind: Compression): Promise<void> {
  const transform = kind === 'gzip' ? zlib.createGzip() : createZstd?.();
  if (transform) {
    // Not the handles' own streams: those close what was opened elsewhere, and without that never end a pipeline.
    await pipeline(blocksOf(from), transform, async (packed: AsyncIterable<Uint8Array>) => {
      for await (const block of packed) await writeAll(to, block);
    });
    return;
  }
  // The program works on the files themselves: no byte passes through this process.
  const child = spawn('zstd', ['-q', '-c'], { stdio: [from.fd, to.fd, 'pipe'] });
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-1000);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`zstd ended with ${signal ?? code}: ${complaint.trim()}`);
}

async function* blocksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    // A block of its own each time: the transform may still hold the last one.
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(256 * 1024));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
