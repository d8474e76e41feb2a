import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one measurement. */
export interface Scratch {
  /** A path in it. */
  at(name: string): string;
  /** Creates an empty file, to be opened by a storm. */
  touch(name: string): Promise<string>;
}

/** Gives `use` a fresh folder and removes it afterwards, with what may be 100 MB of output. */
export async function withScratch<T>(use: (scratch: Scratch) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'skep-bench-'));
  const at = (name: string) => join(folder, name);
  const touch = (name: string) => writeFile(at(name), '').then(() => at(name));
  try {
    return await use({ at, touch });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
