import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The `node_modules` folders packages are looked for in, nearest first: upwards from each of `folders`, then upwards
 * from this package's own installation (a global `npm install -g` keeps plugins beside it), then Node's global ones.
 */
export function searchFolders(folders: readonly string[]): string[] {
  const requires = [
    ...folders.map((folder) => createRequire(join(folder, 'skep.yaml'))),
    createRequire(import.meta.url),
  ];
  // Node answers null for its built-in modules only; no package of this name is ever built in.
  const paths = requires.map((require) => require.resolve.paths('skep-plugin') ?? []);
  const isLocal = (path: string): boolean => path.endsWith('node_modules');
  return [...new Set([...paths.flat().filter(isLocal), ...paths.flat()])];
}
