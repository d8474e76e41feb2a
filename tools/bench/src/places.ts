import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package: src and dist are one level below it. */
export const HERE = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The folder of the whole workspace. */
export const WORKSPACE = join(HERE, '..', '..');
/** What helpers are compiled to. */
export const BUILT = join(HERE, 'dist', 'c');
/** What was fetched once and is kept. */
export const CACHE = join(HERE, '.cache');
