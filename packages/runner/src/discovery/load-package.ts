import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  PLUGIN_API,
  PLUGIN_TAG,
  type Plugin,
  PROCESSOR_API,
  PROCESSOR_TAG,
  type ProcessorPlugin,
  SINK_API,
  SINK_TAG,
  type SinkPlugin,
  SkepError,
} from '@skep/core';
import { entryFile } from './entry-file.js';
import { findPackage } from './find-packages.js';
import { requireIntegrity } from './integrity.js';
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

/** A processor whose code has been imported and whose interfaces are those of this version. */
export interface LoadedProcessor extends PackageInfo {
  readonly kind: 'processor';
  readonly definition: ProcessorPlugin;
}

export type LoadedPackage = LoadedPlugin | LoadedSink | LoadedProcessor;

/** How packages of each kind are told apart, and how their authors make them. */
const KINDS = {
  plugin: { tag: PLUGIN_TAG, api: PLUGIN_API, define: 'definePlugin' },
  sink: { tag: SINK_TAG, api: SINK_API, define: 'defineSink' },
  processor: { tag: PROCESSOR_TAG, api: PROCESSOR_API, define: 'defineProcessor' },
} as const;

/**
 * Find and import the plugin that `use` names, seen from `folders` (see `findPackage`).
 *
 * @param integrity what its files must give (see `integrityOf`); checked before its code runs
 * @throws SkepError SKEP_PLUGIN_NOT_FOUND when there is none, it is not a plugin, or the name fits two; SKEP_INTEGRITY when
 *   its files are not those that are pinned; SKEP_PLUGIN_API when it was built for other interfaces; SKEP_PLUGIN when its
 *   code cannot be imported (the stack is in `details`).
 */
export async function loadPlugin(use: string, folders: readonly string[], integrity?: string): Promise<LoadedPlugin> {
  return loadPluginPackage(locate('plugin', use, folders, integrity), folders[0] ?? process.cwd());
}

/** The same for a sink. */
export async function loadSink(use: string, folders: readonly string[], integrity?: string): Promise<LoadedSink> {
  return loadSinkPackage(locate('sink', use, folders, integrity), folders[0] ?? process.cwd());
}

/** The same for a processor. */
export async function loadProcessor(
  use: string,
  folders: readonly string[],
  integrity?: string,
): Promise<LoadedProcessor> {
  return loadProcessorPackage(locate('processor', use, folders, integrity), folders[0] ?? process.cwd());
}

function locate(
  kind: PackageKind,
  use: string,
  folders: readonly string[],
  integrity: string | undefined,
): PackageInfo {
  const info = findPackage(kind, use, folders);
  if (!info) throw notFound(kind, use, folders);
  if (integrity !== undefined) requireIntegrity(info, integrity);
  return info;
}

/** Import the code of a package that was found before, whatever its kind. */
export function loadAnyPackage(info: PackageInfo, base: string): Promise<LoadedPackage> {
  if (info.kind === 'plugin') return loadPluginPackage(info, base);
  return info.kind === 'sink' ? loadSinkPackage(info, base) : loadProcessorPackage(info, base);
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
  return { ...info, kind: 'sink', definition: (await importCreator(info, base, 'sink')) as unknown as SinkPlugin };
}

/** The same for a processor package. */
export async function loadProcessorPackage(info: PackageInfo, base: string): Promise<LoadedProcessor> {
  const definition = (await importCreator(info, base, 'processor')) as unknown as ProcessorPlugin;
  return { ...info, kind: 'processor', definition };
}

async function importCreator(
  info: PackageInfo,
  base: string,
  kind: PackageKind,
): Promise<Record<PropertyKey, unknown>> {
  const value = await importDefault(info, base);
  checkTag(info, value, kind);
  const { create, options } = value;
  if (typeof create !== 'function') throw malformed(info, 'needs a function "create"');
  if (options !== undefined && !isObject(options)) throw malformed(info, 'has "options" that are not an object');
  return value;
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
  const { tag, api, define } = KINDS[wanted];
  const version = value[tag];
  if (version === undefined) {
    const actual = (Object.keys(KINDS) as PackageKind[]).find((kind) => value[KINDS[kind].tag] !== undefined);
    throw new SkepError(
      'SKEP_PLUGIN_NOT_FOUND',
      `${info.package} is ${actual ? `a ${actual}, not a ${wanted}` : `not a ${wanted} of skep`}`,
      actual ? `move it below "${actual}s:"` : `its default export must be made by ${define}()`,
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
