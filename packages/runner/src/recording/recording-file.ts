import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import type { SkepError } from '@skep/core';
import { EntryReader } from './entry-reader.js';
import { BLOCK_HEAD_BYTES, MAGIC_BYTES, MOST_BLOCK_BYTES, type RecordedEntry, versionOf } from './format.js';
import type { RecordingHeader } from './header.js';
import { parseHeader } from './parse-header.js';
import { recordingError } from './recording-error.js';

const inflate = promisify(inflateRaw) as (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** A recording that is being read, block by block. */
export class RecordingFile {
  readonly path: string;
  readonly header: RecordingHeader;
  /** Bytes at the end that are no whole block, as a killed recorder leaves them. Known when all has been read. */
  tornBytes = 0;
  private readonly file: FileHandle;
  private readonly entries: EntryReader;
  private position: number;

  private constructor(path: string, file: FileHandle, header: RecordingHeader, position: number) {
    this.path = path;
    this.file = file;
    this.header = header;
    const streams = header.sources.reduce((sum, one) => sum + one.streams.length, 0);
    this.entries = new EntryReader(streams, header.version);
    this.position = position;
  }

  /** @throws SkepError SKEP_RECORDING when the file cannot be read, or is no recording that this skep knows. */
  static async open(path: string): Promise<RecordingFile> {
    const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
      throw recordingError(path, cause.code === 'ENOENT' ? 'there is no such file' : cause.message);
    });
    try {
      const magic = Buffer.alloc(MAGIC_BYTES);
      const { bytesRead } = await file.read(magic, 0, magic.length, 0);
      const version = versionOf(magic.subarray(0, bytesRead));
      if (version === undefined) throw recordingError(path, 'it is no recording of skep');
      if (version === 'newer') throw recordingError(path, 'it was made by a newer skep', 'update skep');
      const first = await readBlock(file, path, MAGIC_BYTES);
      if (!first) throw recordingError(path, 'it ends within its header');
      return new RecordingFile(path, file, parseHeader(path, version, first.data), first.end);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * The entries of the next block; undefined at the end.
   *
   * @throws SkepError SKEP_RECORDING when the block is damaged.
   */
  async next(): Promise<RecordedEntry[] | undefined> {
    const block = await readBlock(this.file, this.path, this.position);
    if (!block) {
      this.tornBytes = (await this.file.stat()).size - this.position;
      return undefined;
    }
    const at = this.position;
    this.position = block.end;
    try {
      return this.entries.read(block.data);
    } catch (error) {
      throw error instanceof RangeError ? damaged(this.path, at) : error;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

function damaged(path: string, position: number): SkepError {
  return recordingError(
    path,
    `the block at byte ${position} is damaged`,
    'copy the file again from where it was recorded',
  );
}

/** Undefined when the file ends before the block does. */
async function readBlock(
  file: FileHandle,
  path: string,
  position: number,
): Promise<{ data: Buffer; end: number } | undefined> {
  const head = Buffer.alloc(BLOCK_HEAD_BYTES);
  if ((await file.read(head, 0, head.length, position)).bytesRead < head.length) return undefined;
  const [length, inflated, checksum] = [head.readUInt32LE(0), head.readUInt32LE(4), head.readUInt32LE(8)];
  if (length > MOST_BLOCK_BYTES || inflated > MOST_BLOCK_BYTES) throw damaged(path, position);
  const end = position + head.length + length;
  // Before memory is taken for what a broken length promises.
  if (end > (await file.stat()).size) return undefined;
  const payload = Buffer.alloc(length);
  await file.read(payload, 0, length, position + head.length);
  if (crc32(payload) !== checksum) throw damaged(path, position);
  const data = await inflate(payload, { maxOutputLength: Math.max(inflated, 1) }).catch(() => undefined);
  if (data?.length !== inflated) throw damaged(path, position);
  return { data, end };
}
