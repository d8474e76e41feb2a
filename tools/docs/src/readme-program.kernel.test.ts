import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readmeProgram } from './readme-program.js';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));

it("runs the README's program, which sees a failed open", async () => {
  const file = `${root}/.readme-${process.pid}.mjs`;
  const program = readmeProgram(readFileSync(`${root}/README.md`, 'utf8'));
  expect(program).toContain('timeout(2000)');
  // Its time begins before it is attached, which alone may take a busy machine two seconds.
  writeFileSync(file, program.replace('timeout(2000)', 'timeout(10_000)'));
  try {
    const child = spawn(process.execPath, [file], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    const missing = `/no/such/file/${process.pid}`;
    const timer = setInterval(() => spawnSync('/bin/cat', [missing], { stdio: 'ignore' }), 100);
    const code = await new Promise((done) => child.once('close', done));
    clearInterval(timer);
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`^\\d{19}n \\d+ cat ${missing}$`, 'm'));
  } finally {
    rmSync(file);
  }
});
