import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SkepError, SkepErrors } from '@skep/core';
import { type LoadedPackage, loadAnyPackage, type PackageInfo, readManifest } from '@skep/runner/tool';
import {
  type Check,
  defaultProblems,
  docProblems,
  flagProblems,
  manifestProblems,
  mapProblems,
  optionProblems,
  optionVariableProblems,
  programProblems,
  readPlugin,
  selftestProblems,
  sourceProblems,
  streamProblems,
  structProblems,
  valueProblems,
} from './checks/index.js';
import { type CompiledSource, compileBpf, hasTypeScript } from './compile-bpf.js';
import { compileTypeScript } from './compile-typescript.js';
import { forbiddenHelpers } from './forbidden-helpers.js';
import { type KernelVerdict, kernelVerdicts } from './kernel-verdicts.js';
import { packageAt } from './package-at.js';
import { filledReadme } from './readme-tables.js';

/** What a build has made and found. */
export interface BuildResult {
  readonly info: PackageInfo;
  readonly compiled: readonly CompiledSource[];
  /** Of a plugin: what the known kernels would make of it. */
  readonly kernels: readonly KernelVerdict[];
  /** What does not keep it from working, and should not be published: `testPlugin` fails for it. */
  readonly warnings: readonly string[];
  /** README.md has been changed. */
  readonly hasNewReadme: boolean;
}

/** Mistakes with which a plugin cannot work. */
const ERRORS: readonly Check[] = [
  optionVariableProblems,
  optionProblems,
  defaultProblems,
  valueProblems,
  flagProblems,
  programProblems,
  streamProblems,
  mapProblems,
];

/** What a plugin owes to those who use it. */
const WARNINGS: readonly Check[] = [manifestProblems, structProblems, docProblems, sourceProblems, selftestProblems];

/**
 * Build the package in `folder`: compile its BPF programs for both processors and its TypeScript, check the objects
 * against its definition and against the known kernels, and bring the tables of its README up to date.
 *
 * @throws SkepError SKEP_COMPILE at the author's line, SKEP_SCHEMA, SKEP_PLUGIN for what is wrong with it, SKEP_USAGE when
 *   the folder holds no package of skep; several at once as one.
 */
export async function buildPackage(folder: string): Promise<BuildResult> {
  const info = packageAt(folder);
  await mkdir(join(folder, 'dist'), { recursive: true });
  const compiled = await compileBpf(folder);
  if (hasTypeScript(folder)) await compileTypeScript(folder);
  await refuseHelpers(folder, compiled);
  const loaded = await loadAnyPackage(info, folder);
  const found = loaded.kind === 'plugin' ? await checkPlugin(folder) : [];
  const kernels = loaded.kind === 'plugin' ? kernelVerdicts(loaded) : [];
  refuseEverywhere(info, kernels);
  return { info, compiled, kernels, warnings: found, hasNewReadme: await fillReadme(folder, loaded) };
}

async function refuseHelpers(folder: string, compiled: readonly CompiledSource[]): Promise<void> {
  const skep = readManifest(folder)?.skep as { helpers?: unknown } | undefined;
  const admitted = Array.isArray(skep?.helpers) ? skep.helpers.map(String) : [];
  const errors: SkepError[] = [];
  for (const { objects } of compiled) {
    errors.push(...forbiddenHelpers(folder, await readFile(join(folder, Object.values(objects)[0]!)), admitted));
  }
  throwAll(errors);
}

async function checkPlugin(folder: string): Promise<string[]> {
  const plugin = await readPlugin(folder);
  throwAll(ERRORS.flatMap((check) => check(plugin)).map((problem) => new SkepError('SKEP_PLUGIN', problem)));
  return WARNINGS.flatMap((check) => check(plugin));
}

/** A plugin that no known kernel takes has a mistake: a member or a hook that never was. */
function refuseEverywhere({ name }: PackageInfo, kernels: readonly KernelVerdict[]): void {
  if (kernels.length === 0 || kernels.some(({ verdict }) => verdict !== 'refused')) return;
  const { kernel, reason } = kernels.at(-1)!;
  throw new SkepError('SKEP_PLUGIN', `none of the known kernels takes ${name}; ${kernel}: ${reason}`);
}

async function fillReadme(folder: string, loaded: LoadedPackage): Promise<boolean> {
  const path = join(folder, 'README.md');
  if (!existsSync(path)) return false;
  const old = await readFile(path, 'utf8');
  const text = filledReadme(loaded, old);
  if (text !== old) await writeFile(path, text);
  return text !== old;
}

function throwAll(errors: readonly SkepError[]): void {
  if (errors.length > 0) throw errors.length === 1 ? errors[0]! : new SkepErrors(errors);
}
