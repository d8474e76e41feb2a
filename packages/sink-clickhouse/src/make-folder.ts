import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Make a folder, 0700, with those above it; one that is there stays as it is.
 *
 * Node's own `recursive` tries for ever, and cannot be interrupted, where a folder can never be made: below /proc.
 *
 * @throws the system's error.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    const above = dirname(path);
    if (code !== 'ENOENT' || above === path || lstatSync(above, { throwIfNoEntry: false })) throw error;
    makeFolder(above);
    makeFolder(path);
  }
}
