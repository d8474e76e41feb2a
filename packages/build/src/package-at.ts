import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SkepError } from '@skep/core';
import { type PackageInfo, type PackageKind, packageInfo, readManifest } from '@skep/runner/tool';

/**
 * The plugin, sink or processor package whose own folder this is. Its kind is said by its name (`skep-sink-*`), or by its
 * BPF programs; none of its code runs.
 *
 * @throws SkepError SKEP_USAGE when the folder holds no such package.
 */
export function packageAt(folder: string): PackageInfo {
  const name = readManifest(folder)?.name;
  if (typeof name !== 'string') {
    throw new SkepError('SKEP_USAGE', `${folder} has no package.json with a name`, 'skep create plugin NAME makes one');
  }
  const kind = /^(?:@skep\/|(?:@[^/]+\/)?skep-)(plugin|sink|processor)-./.exec(name)?.[1] as PackageKind | undefined;
  const info = kind || hasPrograms(folder) ? packageInfo(kind ?? 'plugin', name, folder) : undefined;
  if (!info) {
    const message = `cannot tell what ${name} is: it has no src/*.bpf.c, and its name is none of skep's`;
    throw new SkepError('SKEP_USAGE', message, 'name it skep-plugin-*, skep-sink-* or skep-processor-*');
  }
  return info;
}

function hasPrograms(folder: string): boolean {
  const source = join(folder, 'src');
  return existsSync(source) && readdirSync(source).some((file) => file.endsWith('.bpf.c'));
}
