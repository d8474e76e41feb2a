import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, SkepError } from '@skep/core';
import type { Counts } from '../counts.js';
import { makeFolder } from '../make-folder.js';
import { recodeBlock } from '../native/recode.js';
import { Reminder } from '../reminder.js';
import { checksumOf, syncFolder, writeFileOf } from './block-file.js';
import { blockName } from './block-name.js';
import { holdFolder } from './folder-holder.js';
import { folderName, LAYOUT_SUFFIX, type Layout, packLayout } from './layout.js';
import { Quarantine } from './quarantine.js';
import { recover } from './recover.js';
import type { SealedBlock } from './sealed-block.js';
import { Signal } from './signal.js';

export interface SpoolSettings {
  /** Absolute. */
  readonly folder: string;
  /** Of all blocks that wait. */
  readonly maxBytes: number;
  /** Blocks older than this are dropped; undefined: never. */
  readonly maxAgeMs: number | undefined;
  readonly whenFull: 'block' | 'drop-oldest';
  /** Blocks are on the disk, not only in the kernel's cache, before they count as sealed. */
  readonly sync: boolean;
}

/** A block as a store reads it. */
export type BlockFile = Pick<SealedBlock, 'path' | 'bytes'>;

/** A block that is to be kept. */
export interface Unsealed {
  readonly layout: Layout;
  readonly sequence: number;
  readonly rows: number;
  readonly buffers: readonly Uint8Array[];
}

/** A quarter of the spool may be filled with what the store does not want. */
const QUARANTINE_SHARE = 4;
/** How long a seal that failed waits before it is tried again. */
const RETRY_MS = 1000;

/**
 * Blocks on their way to the store, a file each: `<source>.<table>/<boot>-<sequence>-<rows>-<checksum>-<layout>.native`.
 *
 * A file is written under another name and renamed when it is whole, so a killed process leaves whole blocks and, at
 * most, one unfinished file per stream, which nobody was told was kept. One process at a time has a spool.
 */
export class Spool {
  private readonly settings: SpoolSettings;
  private readonly boot: string;
  private readonly counts: Counts;
  private readonly log: Log;
  private readonly reminder: Reminder;
  private readonly dead: Quarantine;
  /** A block has come or gone, or someone wants everybody to look again. */
  readonly changed = new Signal();
  /** Oldest first; those that are being shipped are not among them. */
  private readonly waiting: SealedBlock[] = [];
  private readonly layouts = new Map<string, string>();
  private release: (() => Promise<void>) | undefined;
  private usedBytes = 0;
  private usedBlocks = 0;
  /** Of these, those that are not yet in a file. */
  private unwritten = 0;
  private hurried = false;
  private isFull = false;

  constructor(settings: SpoolSettings, boot: string, counts: Counts, log: Log) {
    this.settings = settings;
    this.boot = boot;
    this.counts = counts;
    this.log = log;
    this.reminder = new Reminder(log);
    this.dead = new Quarantine(settings.folder, Math.floor(settings.maxBytes / QUARANTINE_SHARE), log);
  }

  /** Bytes of the blocks that are not yet acknowledged. */
  get bytes(): number {
    return this.usedBytes;
  }

  /** Blocks that are not yet acknowledged, those that are being shipped included. */
  get blocks(): number {
    return this.usedBlocks;
  }

  /**
   * Take the folder and what earlier runs left in it. While another sink of this process has it (a reload changes the
   * sink), blocks can be put, and what the other leaves is taken up when it has closed.
   *
   * @throws SkepError SKEP_SINK when the folder cannot be used, or another process has it.
   */
  async open(): Promise<void> {
    const { folder } = this.settings;
    try {
      makeFolder(folder);
      this.release = await holdFolder(
        folder,
        () => this.takeUp(),
        (error) => this.log.error(messageOf(error)),
      );
    } catch (cause) {
      if (cause instanceof SkepError) throw cause;
      const message = `cannot use the spool ${folder}: ${messageOf(cause)}`;
      throw new SkepError('SKEP_SINK', message, 'choose another folder: spool: { path: ... }', { cause });
    }
  }

  /**
   * Keep a block. Settles when it is in its file; from then on it survives the end of the process. Waits while the
   * spool is full and may not drop, and tries again while the disk does not take it. Where the oldest rows may be
   * dropped, and the disk has no space though no older ones are left, it is this block that is dropped.
   *
   * @throws SkepError SKEP_SINK when the disk did not take it before the sink was to end; its rows are counted as
   *   dropped.
   */
  async put(block: Unsealed): Promise<void> {
    const bytes = block.buffers.reduce((sum, { length }) => sum + length, 0);
    await this.makeRoom(bytes);
    this.use(bytes);
    this.unwritten++;
    try {
      await this.keep(block, bytes);
    } finally {
      this.unwritten--;
    }
  }

  /** The oldest block, which is no longer among those that wait: give it to one of the three below. */
  async next(): Promise<SealedBlock | undefined> {
    await this.dropAged();
    return this.waiting.shift();
  }

  /** Its insert failed: it is the next again. */
  giveBack(block: SealedBlock): void {
    const at = this.waiting.findIndex((other) => other.sealedAtMs > block.sealedAtMs);
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, block);
    this.changed.notify();
  }

  /** The store has it. */
  async remove(block: SealedBlock): Promise<void> {
    await this.delete(block);
    this.counts.of(block.layout).stored += block.rows;
    this.free(block);
  }

  /** The store will never have it. */
  async quarantine(block: SealedBlock, reason: string): Promise<void> {
    const { path, layout, layoutId, rows } = block;
    await this.setAside(path, layoutId, reason);
    this.log.error(
      `${rows} rows of ${layout.source} for ${layout.table} are set aside in the quarantine of the spool: ${reason}`,
    );
    this.counts.of(layout).quarantined += rows;
    this.free(block);
  }

  /** Its file is gone. */
  async lose(block: SealedBlock, reason: string): Promise<void> {
    this.log.error(`${block.rows} rows of ${block.layout.source} for ${block.layout.table} are lost: ${reason}`);
    await this.drop(block);
  }

  /**
   * Lend a copy of a block whose columns have other types. It goes when `use` has settled, or at the next start: the
   * block stays what it is.
   */
  async withRecoded<T>(
    block: SealedBlock,
    types: ReadonlyMap<string, string>,
    use: (file: BlockFile) => Promise<T>,
  ): Promise<T> {
    const path = `${block.path}.part`;
    const buffers = recodeBlock(await readFile(block.path), types);
    try {
      await writeFileOf(path, buffers, false);
      return await use({ path, bytes: buffers.reduce((sum, { length }) => sum + length, 0) });
    } finally {
      await unlink(path).catch(() => undefined);
    }
  }

  /** Whether a block was sealed by this run. */
  isOwn({ boot }: SealedBlock): boolean {
    return boot === this.boot;
  }

  /** Whether a block's file holds what was sealed. */
  async isWhole(block: SealedBlock): Promise<boolean> {
    return (await checksumOf(block.path)) === block.checksum;
  }

  /** The sink is to end: no put waits any longer, so that what is in memory is kept even beyond the bound. */
  hurry(): void {
    this.hurried = true;
    this.changed.notify();
  }

  async close(): Promise<void> {
    await this.release?.();
    this.release = undefined;
  }

  private async takeUp(): Promise<void> {
    const { blocks, broken } = await recover(this.settings.folder, this.boot, new Set(this.layouts.keys()));
    for (const { path, layout, reason } of broken) {
      await this.setAside(path, layout, reason);
      this.log.error(`${path} is set aside in the quarantine of the spool: ${reason}`);
    }
    this.waiting.unshift(...blocks);
    for (const { bytes } of blocks) this.use(bytes);
    if (blocks.length > 0) {
      const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
      this.log.info(`${rows} rows of earlier runs wait in the spool`);
    }
    this.changed.notify();
  }

  private async keep(block: Unsealed, bytes: number): Promise<void> {
    for (;;) {
      try {
        this.waiting.push(await this.write(block, bytes));
        this.reminder.clear(`the spool ${this.settings.folder} is written again`);
        this.changed.notify();
        return;
      } catch (cause) {
        if ((await this.afterFailure(block, bytes, cause)) === 'dropped') return;
      }
    }
  }

  private async write({ layout, sequence, rows, buffers }: Unsealed, bytes: number): Promise<SealedBlock> {
    const { sync } = this.settings;
    const { boot } = this;
    const folder = join(this.settings.folder, folderName(layout));
    const layoutId = await this.keepLayout(folder, layout);
    const part = join(folder, `${boot}-${sequence}.part`);
    const checksum = await writeFileOf(part, buffers, sync).catch(async (cause: unknown) => {
      // A part of a file must not take the last of the space.
      await unlink(part).catch(() => undefined);
      throw cause;
    });
    const path = join(folder, blockName({ boot, sequence, rows, checksum, layout: layoutId }));
    await rename(part, path);
    if (sync) await syncFolder(folder);
    return { path, bytes, rows, boot, sequence, checksum, layout, layoutId, sealedAtMs: Date.now() };
  }

  /** The layout's file is whole and in its place before the first block that needs it. */
  private async keepLayout(folder: string, layout: Layout): Promise<string> {
    const { id, text } = packLayout(layout);
    if (this.layouts.get(id) === folder) return id;
    makeFolder(folder);
    const path = join(folder, `${id}${LAYOUT_SUFFIX}`);
    const part = join(folder, `${this.boot}-${id}.part`);
    await writeFile(part, text, { mode: 0o600, flush: this.settings.sync });
    await rename(part, path);
    this.layouts.set(id, folder);
    return id;
  }

  private async makeRoom(bytes: number): Promise<void> {
    const { maxBytes, whenFull } = this.settings;
    await this.dropAged();
    while (this.usedBytes > 0 && this.usedBytes + bytes > maxBytes && !this.hurried) {
      this.sayFull(true);
      const oldest = whenFull === 'drop-oldest' ? this.waiting.shift() : undefined;
      if (oldest) await this.drop(oldest);
      else await this.changed.wait();
    }
    this.sayFull(false);
  }

  private async afterFailure(block: Unsealed, bytes: number, cause: unknown): Promise<'again' | 'dropped'> {
    const { source, table } = block.layout;
    const { code, message } = cause as NodeJS.ErrnoException;
    // The folder was removed under us: everything in it is made anew.
    if (code === 'ENOENT') this.layouts.clear();
    const isSpace = code === 'ENOSPC' || code === 'EDQUOT';
    const mayDrop = isSpace && this.settings.whenFull === 'drop-oldest';
    const isOldest = this.usedBlocks === this.unwritten;
    if (this.hurried || (mayDrop && isOldest)) {
      this.counts.of(block.layout).dropped += block.rows;
      this.unuse(bytes);
    }
    if (this.hurried) {
      throw new SkepError(
        'SKEP_SINK',
        `${block.rows} rows of ${source} for ${table} are lost: the spool ${this.settings.folder} cannot be written: ${message}`,
        isSpace ? 'free some space' : '',
        { cause },
      );
    }
    const consequence = mayDrop ? 'the oldest rows are dropped' : 'trying again';
    this.reminder.error(`cannot write to the spool ${this.settings.folder}, ${consequence}: ${message}`);
    if (mayDrop && isOldest) return 'dropped';
    const oldest = mayDrop ? this.waiting.shift() : undefined;
    if (oldest) await this.drop(oldest);
    else await Promise.race([this.changed.wait(), new Promise((resolve) => setTimeout(resolve, RETRY_MS))]);
    return 'again';
  }

  private async dropAged(): Promise<void> {
    const { maxAgeMs } = this.settings;
    if (maxAgeMs === undefined) return;
    while (this.waiting.length > 0 && this.waiting[0]!.sealedAtMs < Date.now() - maxAgeMs) {
      await this.drop(this.waiting.shift()!);
    }
  }

  /** Oldest rows make room, or are too old. */
  private async drop(block: SealedBlock): Promise<void> {
    await this.delete(block);
    this.counts.of(block.layout).dropped += block.rows;
    this.free(block);
  }

  /** What cannot be removed is shipped again at the next start, with the same token. */
  private async delete({ path }: SealedBlock): Promise<void> {
    await unlink(path).catch((error: unknown) => this.log.warn(`cannot remove ${path}: ${messageOf(error)}`));
  }

  private async setAside(path: string, layout: string | undefined, reason: string): Promise<void> {
    const failed = (error: unknown) => this.log.error(`cannot move ${path} into the quarantine: ${messageOf(error)}`);
    await this.dead.take(path, layout, reason).catch(failed);
  }

  private sayFull(isFull: boolean): void {
    if (isFull === this.isFull) return;
    this.isFull = isFull;
    const { folder, whenFull, maxBytes } = this.settings;
    const effect =
      whenFull === 'block' ? 'events wait in the kernel, which counts what it drops' : 'the oldest rows are dropped';
    if (isFull) this.log.warn(`the spool ${folder} is full (${maxBytes} bytes): ${effect}`);
    else this.log.info(`the spool ${folder} has room again`);
  }

  private use(bytes: number): void {
    this.usedBytes += bytes;
    this.usedBlocks++;
  }

  private unuse(bytes: number): void {
    this.usedBytes -= bytes;
    this.usedBlocks--;
    this.changed.notify();
  }

  private free({ bytes }: SealedBlock): void {
    this.unuse(bytes);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
