import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The BTF of a kernel. */
export interface KernelBtf {
  /** Its version as `uname -r` says it, or the name of its file's folder. */
  readonly name: string;
  read(): Uint8Array;
}

const RUNNING = '/sys/kernel/btf/vmlinux';

/** The running kernel; undefined when it has no BTF, or hides it. */
export function runningKernel(): KernelBtf | undefined {
  if (!existsSync(RUNNING)) return undefined;
  return { name: release(), read: () => readFileSync(RUNNING) };
}

/** Every `*.btf` and `*.btf.gz` below `folder`: one kernel each. */
export function kernelsIn(folder: string): KernelBtf[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.btf(\.gz)?$/.test(path))
    .sort()
    .map((path) => {
      const file = basename(path).replace(/\.btf(\.gz)?$/, '');
      const name = file === 'vmlinux' ? basename(dirname(path)) : file;
      const full = join(folder, path);
      return { name, read: () => (path.endsWith('.gz') ? gunzipSync(readFileSync(full)) : readFileSync(full)) };
    });
}
