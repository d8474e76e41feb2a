#!/usr/bin/env node
import { renderError } from './errors.js';
import { fetchKernel } from './fetch.js';
import { runInVm } from './run.js';

try {
  const k = await fetchKernel(process.argv[2]!, { log: (l) => console.error(`vm: ${l}`) });
  console.error(k);
  const r = await runInVm({
    kernel: process.argv[2]!,
    command: process.argv.slice(3),
    stdout: process.stdout,
    stderr: process.stderr,
  });
  console.error({ ...r, stdoutBytes: 0, stderrBytes: 0 });
} catch (e) {
  process.stderr.write(renderError(e));
  console.error(e);
}
