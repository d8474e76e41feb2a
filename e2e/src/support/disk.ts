import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const CHUNK = Buffer.alloc(4096);

/** A small disk of a test's own, unmounted at its end. */
export class Disk {
  readonly folder: string;
  private readonly filler: string;

  /** @param size as mount(8) takes it: `64k`, `32m` */
  constructor(folder: string, size: string) {
    this.folder = folder;
    this.filler = join(folder, 'filler');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  }

  /** Leave no space at all. */
  fill(): void {
    const file = openSync(this.filler, 'a');
    try {
      for (;;) writeSync(file, CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.filler);
  }
}
