import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

let folder: string | undefined;
const built = new Map<string, string>();

/**
 * The path of a program of `programs/<name>.c`, compiled at first use. Linked statically: it opens no files but those
 * it is told to open.
 */
export function compiled(name: 'storm' | 'hostile'): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'skep-e2e-programs-'));
    chmodSync(folder, 0o755);
    const made = folder;
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  const source = fileURLToPath(new URL(`../programs/${name}.c`, import.meta.url));
  const program = join(folder, name);
  execFileSync('clang', ['-O2', '-static', '-Wall', '-Werror', '-o', program, source]);
  built.set(name, program);
  return program;
}
