import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './paths.js';

const FOLDER = join(ROOT, 'e2e/dist/programs');
/** Stacks are walked by frame pointers. */
const FLAGS = ['-O2', '-fno-omit-frame-pointer', '-mno-omit-leaf-frame-pointer', '-static', '-Wall', '-Werror'];
const built = new Map<string, string>();

/**
 * The path of a program of `programs/<name>.c`, compiled at first use. Linked statically: it opens no files but those
 * it is told to open.
 */
export function compiled(name: 'storm' | 'hostile' | 'numbered' | 'places'): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  const source = fileURLToPath(new URL(`../programs/${name}.c`, import.meta.url));
  const program = join(FOLDER, name);
  mkdirSync(FOLDER, { recursive: true });
  // Put in place whole: another run may be executing the one that is there.
  const fresh = `${program}.${process.pid}`;
  execFileSync('clang', [...FLAGS, '-o', fresh, source]);
  renameSync(fresh, program);
  built.set(name, program);
  return program;
}
