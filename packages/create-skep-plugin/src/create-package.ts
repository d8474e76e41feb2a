import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SkepError } from '@skep/core';
import { KINDS, type Kind } from './kinds.js';
import { manifestOf } from './manifest.js';

export interface CreateRequest {
  readonly kind: Kind;
  /** Short name: `hello` for the package `skep-plugin-hello`. */
  readonly name: string;
  /** Where to work from. In the workspace of skep the package becomes part of it. */
  readonly cwd: string;
  /** The folder to make; default: named like the package, in `cwd`, or where the workspace wants it. */
  readonly folder?: string | undefined;
  /** Of a tool in the workspace: the folder below plugins/. Default: `other`. */
  readonly category?: string | undefined;
}

/** What has been made. */
export interface Created {
  /** Absolute. */
  readonly folder: string;
  readonly packageName: string;
  /** From the folder. */
  readonly files: readonly string[];
  /** Commands to go on with, one per line. */
  readonly next: readonly string[];
}

const TEMPLATES = fileURLToPath(new URL('../templates/', import.meta.url));

/**
 * Make a package from the templates. Nothing is asked, installed or overwritten.
 *
 * @throws SkepError SKEP_USAGE for a name that cannot be one, and for a folder that holds something.
 */
export function createPackage({ kind, name, cwd, folder, category = 'other' }: CreateRequest): Created {
  checkName(name);
  const workspace = kind === 'bcc' ? undefined : workspaceAbove(cwd);
  const sort = kind === 'sink' || kind === 'processor' ? kind : 'plugin';
  const packageName = workspace === undefined ? `skep-${sort}-${name}` : `@skep/${sort}-${name}`;
  const own = sort === 'plugin' ? join('plugins', category, name) : join('packages', `${sort}-${name}`);
  const usual =
    kind === 'bcc' ? join(cwd, name) : workspace === undefined ? join(cwd, packageName) : join(workspace, own);
  const target = folder === undefined ? usual : resolve(cwd, folder);
  refuseFull(target);
  const { description, about, example, kernels, hasOptions } = KINDS[kind];
  const words: Record<string, string> = { name, id: name.replaceAll('-', '_'), description, about, example, kernels };
  words.options = hasOptions ? '\n## Options\n\n<!-- generated:options -->\n<!-- /generated -->\n' : '';
  const files = new Map<string, string>();
  if (sort === 'plugin' && kind !== 'bcc') addTemplates(files, 'package', words);
  else if (kind !== 'bcc') addTemplates(files, 'package', words, ['README.md']);
  addTemplates(files, kind, words);
  if (kind !== 'bcc') files.set('package.json', manifestOf(packageName, kind, description, workspace !== undefined));
  if (workspace !== undefined) adapt(files, sort);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
  }
  return {
    folder: target,
    packageName,
    files: [...files.keys()].sort(),
    next: nextSteps(kind, target, cwd, workspace),
  };
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) && name.length <= 32) return;
  const remedy = 'small letters, digits and single dashes, beginning with a letter: my-tool';
  throw new SkepError('SKEP_USAGE', `"${name}" cannot be the name of a package`, remedy);
}

function refuseFull(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw new SkepError('SKEP_USAGE', `${folder} exists already`, 'choose another name, or another --folder');
}

/** The root of the workspace of skep that `folder` lies in. */
function workspaceAbove(folder: string): string | undefined {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) {
    try {
      if ((JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'skep-workspace') return folder;
    } catch {} // somebody else's
  }
  const above = dirname(folder);
  return above === folder ? undefined : workspaceAbove(above);
}

function addTemplates(
  files: Map<string, string>,
  from: string,
  words: Readonly<Record<string, string>>,
  without: readonly string[] = [],
): void {
  const root = join(TEMPLATES, from);
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.tmpl')) continue;
    const path = entry.slice(0, -'.tmpl'.length).replace(/^gitignore$/, '.gitignore');
    if (without.includes(path)) continue;
    // Words may hold words: an example names the tool.
    const fill = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (_, word: string) => words[word] ?? '');
    files.set(path.replace(/(^|\/)name\./, `$1${words.name}.`), fill(fill(readFileSync(join(root, entry), 'utf8'))));
  }
}

/** The workspace has one configuration of each tool, and one test for all plugins. */
function adapt(files: Map<string, string>, sort: string): void {
  for (const path of ['tsconfig.json', 'biome.json', '.gitignore']) files.delete(path);
  if (sort === 'plugin') files.delete('src/index.test.ts');
  else files.set('tsconfig.json', WORKSPACE_TSCONFIG);
}

const WORKSPACE_TSCONFIG = `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": { "rootDir": "src", "outDir": "dist" },
  "include": ["src"],
  "exclude": ["src/**/*.test.ts"],
  "references": [{ "path": "../core" }]
}
`;

function nextSteps(kind: Kind, target: string, cwd: string, workspace: string | undefined): string[] {
  const at = relative(cwd, target) || '.';
  if (kind === 'bcc') return [`cd ${at}`, 'skep check', 'sudo skep run'];
  const isPlugin = kind !== 'sink' && kind !== 'processor';
  if (workspace !== undefined) {
    const build = ['npm install', `npx skep build ${at}`];
    return isPlugin ? [...build, `sudo npx skep ./${at}`] : [...build, `npx vitest run ${at}`];
  }
  const build = [`cd ${at}`, 'npm install', 'npm run build', 'npm test'];
  return isPlugin ? [...build, 'sudo npx skep .'] : build;
}
