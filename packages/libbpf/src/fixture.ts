import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const include = fileURLToPath(new URL('../include', import.meta.url));
const ARCH: Readonly<Record<string, string>> = { x64: 'x86', arm64: 'arm64' };

/** Why nothing can be compiled here; undefined when it can. For `describe.skipIf`. */
export const noClang: string | undefined = spawnSync('clang', ['--version']).error && 'clang is not installed';

/** The object that clang makes of a BPF program; `<skep/probe.bpf.h>` is found. */
export function compile(source: string): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), 'skep-bpf-'));
  try {
    const [from, to] = [join(folder, 'x.bpf.c'), join(folder, 'x.bpf.o')];
    writeFileSync(from, source);
    const arch = `-D__TARGET_ARCH_${ARCH[process.arch] ?? process.arch}`;
    execFileSync('clang', [
      '--target=bpf',
      '-O2',
      '-g',
      '-mcpu=v3',
      '-Wall',
      arch,
      '-I',
      include,
      '-c',
      from,
      '-o',
      to,
    ]);
    return Uint8Array.from(readFileSync(to));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
