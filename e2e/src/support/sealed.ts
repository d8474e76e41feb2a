import { type FSWatcher, mkdirSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A block of the spool, as the name of its file says. */
export interface SealedBlock {
  readonly boot: string;
  /** Sequence number of its first row. */
  readonly sequence: number;
  readonly rows: number;
}

const NAME = /^([0-9a-f]{16})-(\d{15})-(\d+)-[0-9a-f]{8}-[0-9a-f]{16}\.native$/;

/**
 * Every block that a stream's folder of a spool ever held: the kernel tells of each file that gets its name there, also
 * of those that are shipped and gone a moment later, or whose agent is.
 */
export class SealedBlocks {
  readonly seen = new Map<string, SealedBlock>();
  private readonly folder: string;
  private readonly watcher: FSWatcher;

  /** @param folder of the stream in the spool, made if it is not there */
  constructor(spool: string, stream: string) {
    this.folder = join(spool, stream);
    mkdirSync(this.folder, { recursive: true });
    this.watcher = watch(this.folder, (_, name) => this.note(name));
    onTestFinished(() => this.watcher.close());
  }

  /** Blocks that are there now. */
  get waiting(): number {
    return readdirSync(this.folder).filter((name) => NAME.test(name)).length;
  }

  private note(name: string | null): void {
    const [, boot, sequence, rows] = NAME.exec(name ?? '') ?? [];
    if (boot) this.seen.set(name!, { boot, sequence: Number(sequence), rows: Number(rows) });
  }
}
