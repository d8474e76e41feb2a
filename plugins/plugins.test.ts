// What every plugin owes, for each folder below this one; a plugin with logic of its own has tests of its own besides.
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { testPlugin } from '@skep/testing';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');

interface Generator {
  /** Every generated file by its path from the root. */
  generate(root: string): Promise<ReadonlyMap<string, string>>;
}

let pages: Promise<ReadonlyMap<string, string>> | undefined;

/** As the generator of the documentation would write it; undefined when that is not there. */
async function generatedReadme(folder: string): Promise<string | undefined> {
  const generator = join(root, 'tools/docs/dist/generate.js');
  if (!existsSync(generator)) return undefined;
  pages ??= import(pathToFileURL(generator).href).then((module: Generator) => module.generate(root));
  return (await pages).get(relative(root, join(folder, 'README.md')));
}

function foldersOf(parent: string): string[] {
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map((entry) => join(parent, entry.name));
}

for (const folder of foldersOf(here).flatMap(foldersOf)) {
  if (existsSync(join(folder, 'package.json'))) testPlugin(folder, { generatedReadme });
}
