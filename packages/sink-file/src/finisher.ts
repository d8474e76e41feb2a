import { unlink } from 'node:fs/promises';
import type { Log } from '@skep/core';
import { type Compression, compressFile } from './compress-file.js';
import type { FileCounts } from './counts.js';
import { type FinishedFile, type FinishedFiles, SUFFIXES } from './finished-files.js';
import { errnoOf } from './sink-error.js';

/**
 * What becomes of finished files: compressed in the background, one at a time, and the oldest removed beyond `keep`.
 * Nothing here fails a write: what goes wrong is logged and counted, and the file stays as it is.
 */
export class Finisher {
  private readonly settings: { readonly compress: Compression | undefined; readonly keep: number | undefined };
  private readonly log: Log;
  private readonly counts: FileCounts;
  private readonly waiting = new Set<string>();
  private running: Promise<void> | undefined;
  private compressing: string | undefined;
  /** Removed while they are being compressed: what comes of that is removed too. */
  private readonly doomed = new Set<string>();

  constructor(settings: Finisher['settings'], log: Log, counts: FileCounts) {
    this.settings = settings;
    this.log = log;
    this.counts = counts;
  }

  /** A file has got its final name: compress it, and remove what is too old. */
  async finish(files: FinishedFiles, path: string, current: string): Promise<void> {
    this.counts.rotated++;
    this.compress(path);
    await this.prune(files, current);
  }

  /** Take up what an earlier run left: compressions cut off or never begun. */
  async recover(files: FinishedFiles, current: string): Promise<void> {
    await this.orLog('take up what an earlier run left', async () => {
      for (const file of await files.list(current)) {
        for (const part of file.parts) await remove(part);
        const isPlain = file.stored.includes(file.path);
        // A compressed copy is whole once it has its name: the process ended just before it removed the file.
        if (isPlain && file.stored.length > 1) await remove(file.path);
        else if (isPlain) this.compress(file.path);
      }
    });
    await this.prune(files, current);
  }

  /** Settles when no compression is waiting or running. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async prune(files: FinishedFiles, current: string): Promise<void> {
    const { keep } = this.settings;
    if (keep === undefined) return;
    await this.orLog(`remove files older than the last ${keep}`, async () => {
      const all = (await files.list(current)).filter((file) => file.stored.length > 0);
      for (const file of all.slice(0, Math.max(0, all.length - keep))) await this.delete(file);
    });
  }

  private async orLog(doing: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.error(`cannot ${doing}: ${error instanceof Error ? error.message : error}`);
    }
  }

  private async delete(file: FinishedFile): Promise<void> {
    this.waiting.delete(file.path);
    if (file.path === this.compressing) this.doomed.add(file.path);
    // All its names: a compression may have ended since they were listed.
    await removeAll(file.path, ['', ...SUFFIXES]);
    this.counts.deleted++;
    this.log.debug(`removed ${file.path}: more than ${this.settings.keep} files`);
  }

  private compress(path: string): void {
    if (this.settings.compress === undefined) return;
    this.waiting.add(path);
    this.running ??= this.work(this.settings.compress);
  }

  private async work(kind: Compression): Promise<void> {
    for (const path of this.waiting) {
      this.waiting.delete(path);
      this.compressing = path;
      try {
        if (await compressFile(path, kind)) this.counts.compressed++;
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') continue;
        this.counts.compressionsFailed++;
        this.log.error(`cannot compress ${path}, it stays as it is: ${error instanceof Error ? error.message : error}`);
      } finally {
        this.compressing = undefined;
        if (this.doomed.delete(path)) {
          await this.orLog(`remove ${path}`, () => removeAll(path, SUFFIXES));
        }
      }
    }
    // In the same turn as the look at an empty set: what is added from here on starts a run of its own.
    this.running = undefined;
  }
}

async function removeAll(path: string, suffixes: readonly string[]): Promise<void> {
  for (const suffix of suffixes) await remove(path + suffix);
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
