import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SkepError } from '@skep/core';
import { type ObjectInfo, objectModule, objectScript, readObject } from '@skep/libbpf/btf';
import { clangDiagnostics, compilerError } from './diagnostics.js';

const run = promisify(execFile);

/** Processors that objects are made for, as Node names them, and as libbpf's headers do. */
const PROCESSORS: Readonly<Record<string, string>> = { x64: 'x86', arm64: 'arm64' };

/** Warnings are errors: what clang only warns of, the verifier of another kernel may refuse. */
const FLAGS = [
  '--target=bpf',
  '-O2',
  '-g',
  '-mcpu=v3',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wno-unused-parameter',
  '-fno-ident',
  '-fno-caret-diagnostics',
  '-fno-color-diagnostics',
];

/** A C file that has become one object for each processor. */
export interface CompiledSource {
  /** From the package's folder: `src/opensnoop.bpf.c`. */
  readonly source: string;
  /** Objects by processor, from the package's folder: `{ x64: 'dist/opensnoop.x64.bpf.o' }`. */
  readonly objects: Readonly<Record<string, string>>;
  readonly info: ObjectInfo;
}

/** Names of the BPF programs of a package: its `src/*.bpf.c`. */
export async function bpfSources(folder: string): Promise<string[]> {
  const source = join(folder, 'src');
  return existsSync(source) ? (await readdir(source)).filter((file) => file.endsWith('.bpf.c')).sort() : [];
}

/**
 * Compile every `src/*.bpf.c` of a package for x86-64 and arm64, and write `src/*.bpf.ts` beside it (`.js` for packages
 * without TypeScript): where the objects are, and the types of their rows. Files that would not change are left alone, so
 * that what depends on them stays fresh.
 *
 * @throws SkepError SKEP_COMPILE at the author's line, SKEP_SCHEMA when a record gives no columns.
 */
export async function compileBpf(folder: string): Promise<CompiledSource[]> {
  const compiled: CompiledSource[] = [];
  for (const file of await bpfSources(folder)) compiled.push(await compileOne(folder, basename(file, '.bpf.c')));
  return compiled;
}

async function compileOne(folder: string, name: string): Promise<CompiledSource> {
  const source = `src/${name}.bpf.c`;
  const objects = Object.fromEntries(Object.keys(PROCESSORS).map((arch) => [arch, `dist/${name}.${arch}.bpf.o`]));
  await mkdir(join(folder, 'dist'), { recursive: true });
  await Promise.all(Object.entries(objects).map(([arch, object]) => clang(folder, source, object, arch)));
  const info = readObject(await readFile(join(folder, Object.values(objects)[0]!)));
  const paths = Object.fromEntries(Object.entries(objects).map(([arch, object]) => [arch, `../${object}`]));
  const module = hasTypeScript(folder)
    ? ([`src/${name}.bpf.ts`, objectModule(info, paths)] as const)
    : ([`src/${name}.bpf.js`, objectScript(paths)] as const);
  await writeIfChanged(join(folder, module[0]), module[1]);
  return { source, objects, info };
}

/** Whether the sources of a package are TypeScript. */
export function hasTypeScript(folder: string): boolean {
  return existsSync(join(folder, 'tsconfig.json')) || existsSync(join(folder, 'src/index.ts'));
}

/** The folder that holds `skep/probe.bpf.h`: that of the installed package. */
function includeFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@skep/libbpf/include/skep/probe.bpf.h')), '..');
}

async function clang(folder: string, source: string, object: string, arch: string): Promise<void> {
  const part = join(folder, `${object}.part`);
  const args = [...FLAGS, `-D__TARGET_ARCH_${PROCESSORS[arch]}`, '-I', includeFolder(), '-c', source, '-o', part];
  try {
    await run('clang', args, { cwd: folder });
  } catch (error) {
    const { stderr = '', code } = error as { stderr?: string; code?: unknown };
    await rm(part, { force: true });
    if (code === 'ENOENT') throw new SkepError('SKEP_COMPILE', 'clang is not installed', 'apt-get install clang');
    throw (
      compilerError(folder, 'SKEP_COMPILE', clangDiagnostics(stderr)) ??
      new SkepError('SKEP_COMPILE', `clang cannot compile ${source} for ${arch}: ${stderr.trim() || String(error)}`)
    );
  }
  // Whole or not at all: another process may be reading it.
  await rename(part, join(folder, object));
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  const old = await readFile(path, 'utf8').catch(() => undefined);
  if (old !== text) await writeFile(path, text);
}
