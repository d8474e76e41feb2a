import { readFileSync, statSync } from 'node:fs';
import { type PluginDefinition, SkepError } from '@skep/core';
import { NO_OBJECT_INFO, type ObjectInfo, readObject } from './btf/index.js';

/** An object file read once: its bytes, and what they say. It is opened anew for every attempt to load it. */
export interface LoadedFile {
  readonly bytes: Uint8Array;
  readonly info: ObjectInfo;
}

/** @throws SkepError SKEP_PLUGIN when the file is not there, SKEP_SCHEMA when it is no object of skep's. */
export function readObjectFile(url: URL): LoadedFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(url);
  } catch (cause) {
    const remedy = 'build the plugin first: npm run build, or skep build in its folder';
    throw new SkepError('SKEP_PLUGIN', `no BPF object at ${url.pathname}`, remedy, { cause });
  }
  return { bytes, info: readObject(bytes) };
}

const NO_OBJECT: LoadedFile = { bytes: new Uint8Array(0), info: NO_OBJECT_INFO };

const known = new WeakMap<object, { readonly version: string; readonly file: LoadedFile }>();

/**
 * The object of a plugin; an empty one of a plugin that has none. Read once, and again when the file has changed:
 * whoever checks it and whoever loads it see the same bytes.
 *
 * @throws SkepErrors as `readObjectFile`.
 */
export function readPluginObject({ object }: Pick<PluginDefinition, 'object'>): LoadedFile {
  if (!object) return NO_OBJECT;
  const version = versionOf(object.url);
  const kept = known.get(object);
  if (kept && kept.version === version) return kept.file;
  const file = readObjectFile(object.url);
  if (version !== undefined) known.set(object, { version, file });
  return file;
}

/** Tells a file from the one that it is replaced by; undefined when there is none. */
function versionOf(url: URL): string | undefined {
  const stat = statSync(url, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}
