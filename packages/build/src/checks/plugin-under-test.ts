import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OptionDefinitions, Plugin } from '@skep/core';
import { NO_OBJECT_INFO, type ObjectInfo, readObject } from '@skep/libbpf/btf';
import { type LoadedPlugin, loadPluginPackage, readManifest } from '@skep/runner/tool';
import { packageAt } from '../package-at.js';

/** A plugin package with everything that can be known of it without a kernel. */
export interface PluginUnderTest {
  readonly folder: string;
  /** Short name: `opensnoop` for `@skep/plugin-opensnoop` and `skep-plugin-opensnoop`. */
  readonly tool: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly definition: Plugin;
  readonly options: OptionDefinitions;
  readonly info: ObjectInfo;
  /** Its C files by name. */
  readonly sources: ReadonlyMap<string, string>;
  /** Undefined when there is none. */
  readonly readme: string | undefined;
}

/** What is wrong with a plugin, a sentence each; empty when all is well. */
export type Check = (plugin: PluginUnderTest) => readonly string[];

/**
 * Import the plugin in `folder` and read its object, its sources and its README.
 *
 * @throws SkepError SKEP_PLUGIN when the package is not built, SKEP_PLUGIN_NOT_FOUND when it exports no plugin.
 */
export async function readPlugin(folder: string): Promise<PluginUnderTest> {
  const loaded = await importPlugin(folder);
  const { name: tool, definition } = loaded;
  const { object } = definition;
  const readme = join(folder, 'README.md');
  return {
    folder,
    tool,
    manifest: (readManifest(folder) ?? {}) as Readonly<Record<string, unknown>>,
    definition,
    options: definition.options ?? {},
    info: object ? readObject(readFileSync(fileURLToPath(object.url))) : NO_OBJECT_INFO,
    sources: readSources(join(folder, 'src')),
    readme: existsSync(readme) ? readFileSync(readme, 'utf8') : undefined,
  };
}

/** Import the plugin in `folder`, as a configuration that names it would. */
export function importPlugin(folder: string): Promise<LoadedPlugin> {
  return loadPluginPackage(packageAt(folder), folder);
}

function readSources(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => /\.bpf\.[ch]$/.test(name));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
