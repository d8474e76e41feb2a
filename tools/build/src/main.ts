// Build steps that nx calls: `bpf <plugin folder>` and `plugins`.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBpf } from '@skep/build';
import { formatError, isSkepError } from '@skep/core';
import { buildPlugins } from './plugins.js';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const [step, folder] = process.argv.slice(2);

if (step === 'bpf' && folder !== undefined) {
  try {
    await compileBpf(resolve(folder));
  } catch (error) {
    if (!isSkepError(error)) throw error;
    process.stderr.write(`${formatError(error)}\n`);
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
