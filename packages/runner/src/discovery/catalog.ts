import { listPackages } from './find-packages.js';
import {
  type LoadedPackage,
  type LoadedPlugin,
  type LoadedProcessor,
  type LoadedSink,
  loadPlugin,
  loadProcessor,
  loadSink,
} from './load-package.js';
import type { PackageInfo, PackageKind } from './package-info.js';
import { programPlugin } from './program-plugin.js';

/** Where plugins, processors and sinks come from. */
export interface Catalog {
  /** Everything that can be named; no code runs. */
  list(): PackageInfo[];
  /** @throws SkepError SKEP_PLUGIN_NOT_FOUND, SKEP_INTEGRITY, SKEP_PLUGIN_API or SKEP_PLUGIN; see `loadPlugin`. */
  plugin(use: string, integrity?: string): Promise<LoadedPlugin>;
  /** @throws SkepError like `plugin`. */
  sink(use: string, integrity?: string): Promise<LoadedSink>;
  /** @throws SkepError like `plugin`. */
  processor(use: string, integrity?: string): Promise<LoadedProcessor>;
}

/**
 * The packages seen from `folder` (that of the configuration file, or the working directory). `builtins` belong to the
 * program itself; their names come first.
 */
export function createCatalog(folder: string, builtins: readonly LoadedPackage[] = [programPlugin]): Catalog {
  const folders = [folder];
  const builtin = (kind: PackageKind, use: string) => builtins.find((one) => one.kind === kind && one.name === use);
  return {
    list: () => [...builtins, ...listPackages(folders).filter(({ kind, name }) => !builtin(kind, name))],
    plugin: async (use, pin) => (builtin('plugin', use) as LoadedPlugin) ?? loadPlugin(use, folders, pin),
    sink: async (use, pin) => (builtin('sink', use) as LoadedSink) ?? loadSink(use, folders, pin),
    processor: async (use, pin) => (builtin('processor', use) as LoadedProcessor) ?? loadProcessor(use, folders, pin),
  };
}
