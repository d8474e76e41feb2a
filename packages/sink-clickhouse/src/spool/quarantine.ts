import { copyFile, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Log } from '@skep/core';
import { makeFolder } from '../make-folder.js';
import { BLOCK_SUFFIX } from './block-name.js';
import { LAYOUT_SUFFIX } from './layout.js';

/** Name of the folder below the spool; a stream's folder has a dot, so it cannot be one. */
export const QUARANTINE = 'quarantine';

/** Suffix of the text beside a file that says why it is here. */
export const REASON_SUFFIX = '.reason.txt';

/**
 * The dead letters: files that the store will never accept, or that are damaged. Each lies beside the reason and its
 * layout; moved back into its folder of the spool, it is tried again at the next start. The oldest are removed when it
 * outgrows its bound.
 */
export class Quarantine {
  private readonly folder: string;
  private readonly maxBytes: number;
  private readonly log: Log;

  /** @param spool folder of the spool */
  constructor(spool: string, maxBytes: number, log: Log) {
    this.folder = join(spool, QUARANTINE);
    this.maxBytes = maxBytes;
    this.log = log;
  }

  /** Move the file `path` of a stream's folder here. The move needs no space, so it works on a full disk. */
  async take(path: string, layoutId: string | undefined, reason: string): Promise<void> {
    const from = dirname(path);
    const folder = join(this.folder, basename(from));
    const to = join(folder, basename(path));
    makeFolder(folder);
    await rename(path, to);
    try {
      const layout = layoutId === undefined ? undefined : `${layoutId}${LAYOUT_SUFFIX}`;
      if (layout !== undefined) await copyFile(join(from, layout), join(folder, layout)).catch(() => undefined);
      await writeFile(`${to}${REASON_SUFFIX}`, `${reason}\n`, { mode: 0o600 });
      await this.prune();
    } catch (error) {
      this.log.warn(`${to} has no reason beside it (${reason}): ${(error as Error).message}`);
    }
  }

  private async prune(): Promise<void> {
    const files: { path: string; bytes: number; at: number }[] = [];
    for (const name of await readdir(this.folder, { recursive: true })) {
      if (!name.endsWith(BLOCK_SUFFIX)) continue;
      const path = join(this.folder, name);
      const { size, mtimeMs } = await stat(path);
      files.push({ path, bytes: size, at: mtimeMs });
    }
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.sort((a, b) => a.at - b.at).slice(0, -1)) {
      if (bytes <= this.maxBytes) return;
      await unlink(file.path);
      await unlink(`${file.path}${REASON_SUFFIX}`).catch(() => undefined);
      bytes -= file.bytes;
      this.log.warn(`removed ${file.path}: the quarantine has outgrown ${this.maxBytes} bytes`);
    }
  }
}
