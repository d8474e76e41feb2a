import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { PLUGIN_API, PLUGIN_TAG, type Plugin, SINK_API, SINK_TAG, type SinkPlugin, SkepError } from '@skep/core';
import { entryFile } from './entry-file.js';
import { findPackage } from './find-packages.js';
import { notFound } from './not-found.js';
import type { PackageInfo, PackageKind } from './package-info.js';

/** A plugin whose code has been imported and whose interfaces are those of this version. */
export interface LoadedPlugin extends PackageInfo {
  readonly kind: 'plugin';
  readonly definition: Plugin;
}

/** A sink whose code has been imported and whose interfaces are those of this version. */
export interface LoadedSink extends PackageInfo {
  readonly kind: 'sink';
  readonly definition: SinkPlugin;
}

/**
 * Find and import the plugin that `use` names, seen from `folders` (see `findPackage`).
 *
 * @throws SkepError SKEP_PLUGIN_NOT_FOUND when there is none, or it is not a plugin; SKEP_PLUGIN_API when it was built
 *   for other interfaces; SKEP_PLUGIN when its code cannot be imported (the stack is in `details`).
 */
export async function loadPlugin(use: string, folders: readonly string[]): Promise<LoadedPlugin> {
  const info = findPackage('plugin', use, folders);
  if (!info) throw notFound('plugin', use, folders);
  return loadPluginPackage(info, folders[0] ?? process.cwd());
}

/** The same for a sink. */
export async function loadSink(use: string, folders: readonly string[]): Promise<LoadedSink> {
  const info = findPackage('sink', use, folders);
  if (!info) throw notFound('sink', use, folders);
  return loadSinkPackage(info, folders[0] ?? process.cwd());
}

/** Import the code of a plugin package that was found before; `base` is what a relative path starts from. */
export async function loadPluginPackage(info: PackageInfo, base: string): Promise<LoadedPlugin> {
  const value = await importDefault(info, base);
  checkTag(info, value, 'plugin');
  const { attach, streams, options } = value;
  if (!Array.isArray(attach) || !isObject(streams)) throw malformed(info, 'needs "attach" and "streams"');
  if (options !== undefined && !isObject(options)) throw malformed(info, 'has "options" that are not an object');
  return { ...info, kind: 'plugin', definition: value as unknown as Plugin };
}

/** The same for a sink package. */
export async function loadSinkPackage(info: PackageInfo, base: string): Promise<LoadedSink> {
  const value = await importDefault(info, base);
  checkTag(info, value, 'sink');
  const { create, options } = value;
  if (typeof create !== 'function') throw malformed(info, 'needs a function "create"');
  if (options !== undefined && !isObject(options)) throw malformed(info, 'has "options" that are not an object');
  return { ...info, kind: 'sink', definition: value as unknown as SinkPlugin };
}

async function importDefault(info: PackageInfo, base: string): Promise<Record<PropertyKey, unknown>> {
  const file = entryFile(info, base);
  if (file === undefined) throw malformed(info, 'exports nothing: its package.json has no "exports" for "."');
  if (!existsSync(file)) {
    const message = `${info.kind} ${info.name} (${info.package}): its file ${file} is missing`;
    throw new SkepError('SKEP_PLUGIN', message, 'build the package, or install it again');
  }
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    const { message, stack } = cause instanceof Error ? cause : new Error(String(cause));
    const reason = message.split('\n', 1)[0];
    throw new SkepError(
      'SKEP_PLUGIN',
      `${info.kind} ${info.name} (${info.package}) cannot be loaded: ${reason}`,
      'install the package again, or tell its author',
      { cause, ...(stack === undefined ? {} : { details: stack }) },
    );
  }
  return isObject(module.default) ? module.default : {};
}

function checkTag(info: PackageInfo, value: Record<PropertyKey, unknown>, wanted: PackageKind): void {
  const [tag, api] = wanted === 'plugin' ? [PLUGIN_TAG, PLUGIN_API] : [SINK_TAG, SINK_API];
  const version = value[tag];
  if (version === undefined) {
    const other = value[wanted === 'plugin' ? SINK_TAG : PLUGIN_TAG] !== undefined;
    const [actual, place] = wanted === 'plugin' ? ['sink', 'sinks'] : ['plugin', 'plugins'];
    throw new SkepError(
      'SKEP_PLUGIN_NOT_FOUND',
      `${info.package} is ${other ? `a ${actual}, not a ${wanted}` : `not a ${wanted} of skep`}`,
      other
        ? `move it below "${place}:"`
        : `its default export must be made by define${wanted === 'plugin' ? 'Plugin' : 'Sink'}()`,
    );
  }
  if (version !== api) {
    throw new SkepError(
      'SKEP_PLUGIN_API',
      `${wanted} ${info.name} (${info.package} ${info.version}) is built for version ${String(version)} of the ${wanted} interfaces, this skep for ${api}`,
      typeof version === 'number' && version > api ? 'update skep' : `update it: npm install ${info.package}@latest`,
    );
  }
}

function malformed(info: PackageInfo, what: string): SkepError {
  return new SkepError('SKEP_PLUGIN', `${info.kind} ${info.name} (${info.package}) ${what}`, 'tell its author');
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
