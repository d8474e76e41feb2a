import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OptionDefinitions, Plugin } from '@skep/core';
import { NO_OBJECT_INFO, type ObjectInfo, readObject } from '@skep/libbpf/btf';

/** A plugin package with everything that can be known of it without a kernel. */
export interface PluginUnderTest {
  readonly folder: string;
  /** Short name: that of the folder. */
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
 * @throws Error when the package is not built, or exports no plugin.
 */
export async function readPlugin(folder: string): Promise<PluginUnderTest> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const entry = join(folder, String(manifest.exports ?? 'dist/index.js'));
  if (!existsSync(entry)) throw new Error(`${entry} does not exist: build the plugins first`);
  const { default: definition } = (await import(pathToFileURL(entry).href)) as { default?: Plugin };
  if (!definition?.object && !definition?.probe)
    throw new Error(`${entry} has no default export made by definePlugin()`);
  const { object } = definition;
  const info = object ? readObject(readFileSync(fileURLToPath(object.url))) : NO_OBJECT_INFO;
  const options = definition.options ?? {};
  const readme = join(folder, 'README.md');
  return {
    folder,
    tool: basename(folder),
    manifest,
    definition,
    options,
    info,
    sources: readSources(join(folder, 'src')),
    readme: existsSync(readme) ? readFileSync(readme, 'utf8') : undefined,
  };
}

function readSources(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => /\.bpf\.[ch]$/.test(name));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
