import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SkepError } from '@skep/core';
import { compilerError, tscDiagnostics } from './diagnostics.js';

const run = promisify(execFile);

/**
 * Compile `src/*.ts` of a package to `dist`, by the TypeScript that it has installed, and by its `tsconfig.json`; a package
 * of a workspace may have none, and gets skep's.
 *
 * @throws SkepError SKEP_COMPILE at the author's line.
 */
export async function compileTypeScript(folder: string): Promise<void> {
  const own = join(folder, 'tsconfig.json');
  if (existsSync(own)) return tsc(folder, own);
  const lent = join(folder, 'dist/tsconfig.json');
  await writeFile(lent, JSON.stringify(LENT));
  try {
    await tsc(folder, lent);
  } finally {
    await rm(lent, { force: true });
  }
}

/** For a configuration that lies in `dist`. */
const LENT = {
  extends: fileURLToPath(new URL('../tsconfig.package.json', import.meta.url)),
  compilerOptions: { rootDir: '../src', outDir: '.' },
  include: ['../src'],
  exclude: ['../src/**/*.test.ts'],
};

async function tsc(folder: string, config: string): Promise<void> {
  try {
    await run(process.execPath, [compilerOf(folder), '--pretty', 'false', '-p', config], { cwd: folder });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const said = stdout.trim() || stderr.trim() || String(error);
    throw (
      compilerError(folder, 'SKEP_COMPILE', tscDiagnostics(stdout)) ??
      new SkepError('SKEP_COMPILE', `TypeScript: ${said.replace(/^error /, '')}`)
    );
  }
}

function compilerOf(folder: string): string {
  const require = createRequire(join(folder, 'package.json'));
  try {
    const manifest = require.resolve('typescript/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tsc: string } };
    return join(dirname(manifest), bin.tsc);
  } catch (cause) {
    throw new SkepError('SKEP_COMPILE', 'TypeScript is not installed', 'npm install --save-dev typescript', { cause });
  }
}
