import { listPackages } from './find-packages.js';
import { type LoadedPlugin, type LoadedSink, loadPlugin, loadSink } from './load-package.js';
import type { PackageInfo } from './package-info.js';
import { programPlugin } from './program-plugin.js';

/** Where plugins and sinks come from. */
export interface Catalog {
  /** Everything that can be named; no code runs. */
  list(): PackageInfo[];
  /** @throws SkepError SKEP_PLUGIN_NOT_FOUND, SKEP_PLUGIN_API or SKEP_PLUGIN; see `loadPlugin`. */
  plugin(use: string): Promise<LoadedPlugin>;
  /** @throws SkepError like `plugin`. */
  sink(use: string): Promise<LoadedSink>;
}

/**
 * The packages seen from `folder` (that of the configuration file, or the working directory). `builtins` are plugins
 * and sinks that belong to the program itself; their names come first.
 */
export function createCatalog(
  folder: string,
  builtins: readonly (LoadedPlugin | LoadedSink)[] = [programPlugin],
): Catalog {
  const folders = [folder];
  const plugins = new Map(builtins.filter((one) => one.kind === 'plugin').map((one) => [one.name, one]));
  const sinks = new Map(builtins.filter((one) => one.kind === 'sink').map((one) => [one.name, one]));
  return {
    list() {
      const found = listPackages(folders).filter(({ kind, name }) => !(kind === 'plugin' ? plugins : sinks).has(name));
      return [...builtins, ...found];
    },
    plugin: async (use) => plugins.get(use) ?? loadPlugin(use, folders),
    sink: async (use) => sinks.get(use) ?? loadSink(use, folders),
  };
}
