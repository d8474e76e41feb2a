import { nearest, SkepError } from '@skep/core';
import { candidateNames, isPath, listPackages } from './find-packages.js';
import type { PackageKind } from './package-info.js';

/** The error for a name that no package answers to: the nearest visible name, and the npm line that may bring it. */
export function notFound(kind: PackageKind, use: string, folders: readonly string[]): SkepError {
  const message = `no ${kind} "${use}"`;
  if (isPath(use)) {
    const remedy = `give the folder of a package, relative to ${folders[0] ?? 'the working directory'}`;
    return new SkepError('SKEP_PLUGIN_NOT_FOUND', message, remedy);
  }
  const visible = listPackages(folders);
  const other = visible.find((info) => info.kind !== kind && info.name === use);
  if (other) {
    const remedy = `${use} is a ${other.kind}: move it below "${other.kind}s:"`;
    return new SkepError('SKEP_PLUGIN_NOT_FOUND', message, remedy);
  }
  const names = visible.filter((info) => info.kind === kind).map((info) => info.name);
  const near = nearest(use, names);
  const [candidate] = candidateNames(kind, use);
  const remedies = [
    near === undefined ? undefined : `did you mean "${near}"?`,
    candidate === undefined ? undefined : `${near === undefined ? 'try' : 'or'} npm install ${candidate}`,
  ];
  const remedy = remedies.filter((one) => one !== undefined).join(' ') || 'give a short name, a package name or a path';
  return new SkepError('SKEP_PLUGIN_NOT_FOUND', message, remedy);
}
