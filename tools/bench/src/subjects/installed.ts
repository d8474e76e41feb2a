import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'];

/** Path of an installed program; undefined when there is none. PATH is not asked: it may put another Python first. */
export function installed(name: string): string | undefined {
  return PLACES.map((folder) => join(folder, name)).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What the table says for a peer that is not there. */
export function notInstalled(...packages: readonly string[]): string {
  return `not installed: apt-get install ${packages.join(' ')}`;
}
