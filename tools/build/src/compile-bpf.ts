import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { objectModule, readObject } from '@skep/libbpf/btf';

const run = promisify(execFile);

const ARCH: Readonly<Record<string, string>> = { x64: 'x86', arm64: 'arm64' };

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
];

/** A compiler error of the author's C, as clang printed it: file:line:column and the line. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/**
 * Compile every `src/*.bpf.c` of `folder` into `dist/*.bpf.o`, and write `src/*.bpf.ts` beside it: where the object is
 * and the types of its rows. Files that would not change are left alone, so that what depends on them stays fresh.
 *
 * @param include folder that holds `skep/probe.bpf.h`
 */
export async function compileBpf(folder: string, include: string): Promise<string[]> {
  const sources = (await readdir(join(folder, 'src'))).filter((file) => file.endsWith('.bpf.c'));
  await mkdir(join(folder, 'dist'), { recursive: true });
  for (const source of sources) {
    const name = basename(source, '.bpf.c');
    const object = join(folder, 'dist', `${name}.bpf.o`);
    const arch = ARCH[process.arch] ?? process.arch;
    const args = [
      ...FLAGS,
      `-D__TARGET_ARCH_${arch}`,
      '-I',
      include,
      '-c',
      join('src', source),
      '-o',
      `${object}.part`,
    ];
    try {
      await run('clang', args, { cwd: folder });
    } catch (error) {
      const { stderr, code } = error as { stderr?: string; code?: unknown };
      if (code === 'ENOENT') throw new CompileError('clang is not installed: apt-get install clang');
      throw new CompileError(stderr?.trim() || String(error));
    }
    await rename(`${object}.part`, object);
    const info = readObject(await readFile(object));
    await writeIfChanged(join(folder, 'src', `${name}.bpf.ts`), objectModule(info, `../dist/${name}.bpf.o`));
  }
  return sources;
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  const old = await readFile(path, 'utf8').catch(() => undefined);
  if (old !== text) await writeFile(path, text);
}
