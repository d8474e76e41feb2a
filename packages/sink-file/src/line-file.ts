import type { Log } from '@skep/core';
import type { FileCounts } from './counts.js';
import { lookAt, type OpenFile, openFile } from './open-file.js';
import { attempt, sinkError } from './sink-error.js';
import { repairTornLine, writeAll } from './torn-line.js';

export interface LineFileSettings {
  /** The sink, for messages. */
  readonly sink: string;
  readonly mode: number;
  /** First line of every file, or empty. */
  readonly header: Uint8Array;
  /** A file grows to this at most, unless one line alone is longer. */
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly fsync: 'none' | 'batch' | 'interval';
}

export interface LineFileContext {
  readonly log: Log;
  readonly counts: FileCounts;
  readonly now: () => number;
  /** Give the file its final name; it is opened anew afterwards. */
  readonly setAside: () => Promise<void>;
}

const NEWLINE = 10;

/** One file that whole lines are appended to: it never holds a part of a line between two calls. Calls must not overlap. */
export class LineFile {
  readonly path: string;
  private readonly settings: LineFileSettings;
  private readonly context: LineFileContext;
  private file: OpenFile | undefined;
  private sizeBytes = 0;
  private isDirty = false;

  constructor(path: string, settings: LineFileSettings, context: LineFileContext) {
    this.path = path;
    this.settings = settings;
    this.context = context;
  }

  /** @throws SkepError SKEP_SINK when it cannot be opened, or is nothing that lines can be appended to. */
  async open(): Promise<void> {
    await this.ready();
  }

  /**
   * Append `bytes`, which are whole lines. Rotates between lines as often as the size asks for.
   *
   * @throws SkepError SKEP_SINK; of the lines not yet set aside by a rotation none stays in the file.
   */
  async append(bytes: Uint8Array): Promise<void> {
    await this.ready();
    if (this.isOld()) await this.rotate();
    for (let at = 0; at < bytes.length; ) {
      const length = this.fitting(bytes, at);
      if (length === 0) await this.rotate();
      else await this.write(bytes.subarray(at, at + length));
      at += length;
    }
    if (this.settings.fsync === 'batch') await this.sync();
  }

  /** Bring what was written to the disk. */
  async sync(): Promise<void> {
    const { file } = this;
    if (this.isDirty && file?.regular) {
      await attempt(this.settings.sink, `sync ${this.path}`, () => file.handle.datasync());
      this.isDirty = false;
    }
  }

  /** Open the file when it is not, or when another one (or none) stands at its path: logrotate moved it away. */
  async ready(): Promise<void> {
    await attempt(this.settings.sink, `open ${this.path}`, async () => {
      if (this.file?.regular) {
        const found = await lookAt(this.path);
        if (found?.ino === this.file.ino && found.dev === this.file.dev) {
          this.sizeBytes = Number(found.size);
          return;
        }
        this.context.log.warn(`${this.path} was removed or replaced, it is opened again`);
        this.context.counts.reopened++;
        await this.close();
      }
      this.file ??= await this.openAndRepair();
    });
  }

  async close(): Promise<void> {
    const { file } = this;
    if (!file) return;
    try {
      if (this.settings.fsync !== 'none') await this.sync();
    } finally {
      this.file = undefined;
      this.isDirty = false;
      await attempt(this.settings.sink, `close ${this.path}`, () => file.handle.close());
    }
  }

  /** Set the file aside, if rows are in it, and begin a new one. */
  async rotate(): Promise<void> {
    const { file } = this;
    if (!file?.regular || this.sizeBytes <= this.settings.header.length) return;
    await attempt(this.settings.sink, `rotate ${this.path}`, async () => {
      // The handle outlives the renaming: when that fails, the file goes on as it was.
      await this.context.setAside();
      await this.close();
      this.file = await this.openAndRepair();
    });
  }

  private async openAndRepair(): Promise<OpenFile> {
    const { log, counts, setAside } = this.context;
    const { mode } = this.settings;
    let file = await openFile(this.path, mode);
    try {
      if (!file.regular) return file;
      this.sizeBytes = file.sizeBytes;
      const tornPath = `${this.path}.torn`;
      const torn = await repairTornLine(file.handle, this.sizeBytes, tornPath);
      if (torn > 0) {
        this.sizeBytes -= torn;
        counts.torn++;
        log.warn(`${this.path} ended within a line: its ${torn} bytes were moved to ${tornPath}`);
      }
      if (!(await this.hasHeader(file))) {
        log.warn(`${this.path} has other columns: it is set aside`);
        await setAside();
        await file.handle.close();
        file = await openFile(this.path, mode);
        this.sizeBytes = file.sizeBytes;
      }
      return file;
    } catch (error) {
      await file.handle.close().catch(() => undefined);
      throw error;
    }
  }

  private async hasHeader({ handle }: OpenFile): Promise<boolean> {
    const { header } = this.settings;
    if (header.length === 0 || this.sizeBytes === 0) return true;
    const start = new Uint8Array(header.length);
    await handle.read(start, 0, start.length, 0);
    return Buffer.compare(start, header) === 0;
  }

  private isOld(): boolean {
    const { maxAgeMs } = this.settings;
    if (maxAgeMs === undefined || !this.file?.regular) return false;
    return this.context.now() - this.file.createdMs >= maxAgeMs;
  }

  /** How many bytes from `at`, up to the end of a line, this file still takes; 0 when a new one must begin first. */
  private fitting(bytes: Uint8Array, at: number): number {
    const { maxBytes, header } = this.settings;
    const rest = bytes.length - at;
    if (maxBytes === undefined || !this.file!.regular) return rest;
    const room = maxBytes - Math.max(this.sizeBytes, header.length);
    if (rest <= room) return rest;
    const last = room > 0 ? bytes.lastIndexOf(NEWLINE, at + room - 1) : -1;
    if (last >= at) return last + 1 - at;
    if (this.sizeBytes > header.length) return 0;
    return bytes.indexOf(NEWLINE, at) + 1 - at || rest;
  }

  private async write(lines: Uint8Array): Promise<void> {
    const { handle, regular } = this.file!;
    const { header } = this.settings;
    const isFirst = regular ? this.sizeBytes === 0 : !this.isDirty;
    const bytes = isFirst && header.length > 0 ? Buffer.concat([header, lines]) : lines;
    try {
      await writeAll(handle, bytes);
      this.sizeBytes += bytes.length;
      this.isDirty = true;
    } catch (cause) {
      await this.undo(handle, regular);
      throw sinkError(this.settings.sink, `write to ${this.path}`, cause);
    }
  }

  /** Cut off what a failed write left. When not even that works the next opening repairs the file. */
  private async undo(handle: OpenFile['handle'], regular: boolean): Promise<void> {
    const isWhole =
      regular &&
      (await handle.truncate(this.sizeBytes).then(
        () => true,
        () => false,
      ));
    if (isWhole) return;
    this.file = undefined;
    await handle.close().catch(() => undefined);
  }
}
