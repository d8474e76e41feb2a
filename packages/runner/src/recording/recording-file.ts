import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import type { SkepError } from '@skep/core';
import {
  BLOCK_HEAD_BYTES,
  ENTRY_HEAD_BYTES,
  type EntryKind,
  LOSSES,
  MAGIC,
  MOST_BLOCK_BYTES,
  type RecordedEntry,
} from './format.js';
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
  private readonly streams: number;
  private position: number;

  private constructor(path: string, file: FileHandle, header: RecordingHeader, position: number) {
    this.path = path;
    this.file = file;
    this.header = header;
    this.streams = header.sources.reduce((sum, { streams }) => sum + streams.length, 0);
    this.position = position;
  }

  /** @throws SkepError SKEP_RECORDING when the file cannot be read, or is no recording that this skep knows. */
  static async open(path: string): Promise<RecordingFile> {
    const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
      throw recordingError(path, cause.code === 'ENOENT' ? 'there is no such file' : cause.message);
    });
    try {
      const magic = Buffer.alloc(MAGIC.length);
      const { bytesRead } = await file.read(magic, 0, magic.length, 0);
      if (bytesRead < magic.length || !magic.equals(MAGIC)) {
        const isOther = bytesRead === MAGIC.length && magic.subarray(0, 7).equals(MAGIC.subarray(0, 7));
        throw recordingError(path, isOther ? 'it was made by a newer skep' : 'it is no recording of skep');
      }
      const first = await readBlock(file, path, MAGIC.length);
      if (!first) throw recordingError(path, 'it ends within its header');
      return new RecordingFile(path, file, parseHeader(path, first.data), first.end);
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
    return entriesOf(block.data, this.streams, () => damaged(this.path, at));
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

function entriesOf(data: Buffer, streams: number, fail: () => SkepError): RecordedEntry[] {
  const entries: RecordedEntry[] = [];
  for (let at = 0; at < data.length; ) {
    if (at + ENTRY_HEAD_BYTES > data.length) throw fail();
    const length = data.readUInt32LE(at);
    const kind = data.readUInt8(at + 4) as EntryKind;
    const stream = data.readUInt16LE(at + 5);
    const timeMs = data.readDoubleLE(at + 7);
    const isKnown = kind >= 1 && kind <= LOSSES && stream < streams && timeMs >= 0;
    if (length < ENTRY_HEAD_BYTES || at + length > data.length || !isKnown) throw fail();
    entries.push({ kind, stream, timeMs, data: data.subarray(at + ENTRY_HEAD_BYTES, at + length) });
    at += length;
  }
  return entries;
}
