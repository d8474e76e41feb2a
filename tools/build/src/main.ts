// Build steps that nx calls: `bpf <plugin folder>` and `plugins`.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatError, isSkepError } from '@skep/core';
import { CompileError, compileBpf } from './compile-bpf.js';
import { buildPlugins } from './plugins.js';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const include = resolve(root, 'packages/libbpf/include');
const [step, folder] = process.argv.slice(2);

if (step === 'bpf' && folder !== undefined) {
  try {
    await compileBpf(resolve(folder), include);
  } catch (error) {
    if (!(error instanceof CompileError) && !isSkepError(error)) throw error;
    process.stderr.write(`${isSkepError(error) ? formatError(error) : error.message}\n`);
    process.exitCode = 1;
  }
} else if (step === 'plugins') {
  const problems = buildPlugins(root);
  process.stderr.write(problems);
  process.exitCode = problems ? 1 : 0;
} else {
  process.stderr.write('usage: main.js bpf FOLDER | plugins\n');
  process.exitCode = 2;
}
