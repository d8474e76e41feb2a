// `write` brings the generated pages up to date; `check` says which are not, and exits 1 then.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatError, isSkepError } from '@skep/core';
import { differences, write } from './compare.js';
import { generate } from './generate.js';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const [step] = process.argv.slice(2);

if (step === 'write' || step === 'check') {
  try {
    const pages = await generate(root);
    if (step === 'write') for (const path of write(root, pages)) process.stdout.write(`${path}\n`);
    else {
      const found = differences(root, pages);
      for (const { path, text } of found) process.stderr.write(`${path} ${text}\n`);
      if (found.length > 0) process.stderr.write('run: node tools/docs/dist/main.js write\n');
      process.exitCode = found.length > 0 ? 1 : 0;
    }
  } catch (error) {
    if (!isSkepError(error)) throw error;
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write('usage: main.js write | check\n');
  process.exitCode = 2;
}
