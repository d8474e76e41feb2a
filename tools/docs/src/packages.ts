import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { readPluginObject } from '@skep/libbpf';
import {
  describePlugin,
  type LoadedPlugin,
  type LoadedProcessor,
  type LoadedSink,
  loadAnyPackage,
  loadPluginPackage,
  type PackageInfo,
  type PluginFacts,
} from '@skep/runner';
import { pluginFolders } from '@skep/workspace-build';

/** A plugin of this workspace with everything its pages are made from. */
export interface Tool {
  readonly plugin: LoadedPlugin;
  readonly facts: PluginFacts;
  /** Relative to the root: `plugins/security/opensnoop`. */
  readonly folder: string;
  /** Options that the BPF program reads: they change which rows there are, not only how they look. */
  readonly kernelOptions: ReadonlySet<string>;
  /** '' when there is none. */
  readonly readme: string;
}

/** A sink or processor of this workspace. */
export interface DocumentedPackage {
  readonly loaded: LoadedSink | LoadedProcessor;
  readonly folder: string;
}

/**
 * Every plugin below plugins/, by name. Read from the folders, not from node_modules: a new one needs no install.
 *
 * @throws SkepError SKEP_PLUGIN when one is not built.
 */
export async function loadTools(root: string): Promise<Tool[]> {
  const tools: Tool[] = [];
  for (const folder of pluginFolders(root)) {
    const plugin = await loadPluginPackage(infoOf('plugin', folder), root);
    const path = join(folder, 'README.md');
    const readme = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const { variables } = readPluginObject(plugin.definition).info;
    const options = Object.keys(plugin.definition.options ?? {});
    const kernelOptions = new Set(options.filter((name) => variables.has(`opt_${name}`)));
    tools.push({ plugin, facts: describePlugin(plugin), kernelOptions, folder: relative(root, folder), readme });
  }
  return tools.sort((a, b) => compare(a.facts.name, b.facts.name));
}

/** Every packages/sink-* or packages/processor-*, by name. */
export async function loadPackages(root: string, kind: 'sink' | 'processor'): Promise<DocumentedPackage[]> {
  const packages = join(root, 'packages');
  const folders = readdirSync(packages).filter((name) => name.startsWith(`${kind}-`));
  const found: DocumentedPackage[] = [];
  for (const name of folders.sort()) {
    const folder = join(packages, name);
    if (!existsSync(join(folder, 'package.json'))) continue;
    const loaded = (await loadAnyPackage(infoOf(kind, folder), root)) as DocumentedPackage['loaded'];
    found.push({ loaded, folder: relative(root, folder) });
  }
  return found;
}

function infoOf(kind: PackageInfo['kind'], folder: string): PackageInfo {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
  const { name = '', version = '', description = '' } = manifest;
  const short = name.replace(/^@skep\/(plugin|sink|processor)-/, '');
  const category = kind === 'plugin' ? basename(dirname(folder)) : undefined;
  return { kind, name: short, package: name, version, description, folder, category };
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
