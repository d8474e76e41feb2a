import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './support/paths.js';

it('rows are typed by the object, and a wrong option is a compile error', () => {
  // The program says with @ts-expect-error what must not compile, and with expectTypeOf what the fields are.
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'e2e/tsconfig.program.json')], {
    encoding: 'utf8',
  });
  expect([stdout, status]).toEqual(['', 0]);
});
