import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILT, HERE, WORKSPACE } from './places.js';

const run = promisify(execFile);
const SOURCES = join(HERE, 'c');

/** Path of the program `c/<name>.c`, compiled when it is missing or older than its sources. */
export function buildProgram(name: string, libraries: readonly string[] = []): Promise<string> {
  return build(`${name}.c`, name, (source, output) => [
    '-O2',
    '-Wall',
    source,
    '-o',
    output,
    ...libraries.map((l) => `-l${l}`),
  ]);
}

/** Path of the C++ program `c/names.cpp`, with debug information. */
export function buildNamesProgram(): Promise<string> {
  return build('names.cpp', 'names', (source, output) => [
    ...['-O2', '-g', '-Wall', '-std=c++17', source, '-o', output, '-lstdc++', '-lm'],
  ]);
}

/** Path of the BPF object of `c/<name>.bpf.c`. */
export function buildBpf(name: string): Promise<string> {
  return build(`${name}.bpf.c`, `${name}.bpf.o`, (source, output) => [
    ...['-O2', '-g', '-Wall', '-target', 'bpf', '-mcpu=v3'],
    ...['-I', join(WORKSPACE, 'packages/libbpf/include'), '-c', source, '-o', output],
  ]);
}

async function build(
  file: string,
  product: string,
  args: (source: string, output: string) => readonly string[],
): Promise<string> {
  const output = join(BUILT, product);
  if ((await changedMs(output)) < (await newestMs(SOURCES))) {
    await mkdir(BUILT, { recursive: true });
    const fresh = `${output}.${process.pid}`; // two benchmarks may build at once
    await run('clang', args(join(SOURCES, file), fresh));
    await rename(fresh, output);
  }
  return output;
}

async function newestMs(folder: string): Promise<number> {
  return Math.max(...(await Promise.all((await readdir(folder)).map((name) => changedMs(join(folder, name))))));
}

async function changedMs(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}
