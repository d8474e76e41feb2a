// What every plugin owes, for each folder below this one; a plugin with logic of its own has tests of its own besides.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testPlugin } from '@skep/testing';

const here = fileURLToPath(new URL('.', import.meta.url));

function foldersOf(parent: string): string[] {
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map((entry) => join(parent, entry.name));
}

for (const folder of foldersOf(here).flatMap(foldersOf)) {
  // Self-tests are a stage of their own.
  if (existsSync(join(folder, 'package.json'))) testPlugin(folder, { selftest: false });
}
