import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filledReadme, fillMarks, sinkOptions } from '@skep/build';
import { apiPages } from './api-page.js';
import { frameTables } from './frame-tables.js';
import { type KernelCell, kernelsPage } from './kernels-page.js';
import { type DocumentedPackage, loadPackages, loadTools } from './packages.js';
import { toolIndex, toolSummary } from './tool-index.js';
import { GENERATED, toolPage } from './tool-page.js';

/** What every generated file must hold, by path relative to the root. */
export type Pages = ReadonlyMap<string, string>;

/** Pages of tools are the only files of that folder: what is not among them belongs to a tool that is gone. */
export const TOOL_PAGES = 'docs/tools';

/**
 * All generated pages, and the hand-written ones with their generated parts.
 *
 * @throws SkepError SKEP_PLUGIN when a plugin is not built.
 */
export async function generate(root: string): Promise<Pages> {
  const tools = await loadTools(root);
  const sinks = await loadPackages(root, 'sink');
  const processors = await loadPackages(root, 'processor');
  const pages = new Map<string, string>();
  for (const tool of tools) {
    pages.set(`${TOOL_PAGES}/${tool.facts.name}.md`, toolPage(tool));
    if (tool.readme) pages.set(`${tool.folder}/README.md`, filledReadme(tool.plugin, tool.readme));
  }
  pages.set(`${TOOL_PAGES}/README.md`, toolIndex(tools));
  const cells = JSON.parse(readFileSync(join(root, 'tools/matrix/results.json'), 'utf8')) as KernelCell[];
  pages.set('docs/kernels.md', kernelsPage(cells));
  pages.set('docs/configuration.md', configuration(root, sinks, processors));
  for (const [path, text] of apiPages(root)) pages.set(path, text);
  const readme = join(root, 'README.md');
  if (existsSync(readme)) {
    pages.set('README.md', fillMarks(readFileSync(readme, 'utf8'), { tools: toolSummary(tools) }));
  }
  return pages;
}

function configuration(
  root: string,
  sinks: readonly DocumentedPackage[],
  processors: readonly DocumentedPackage[],
): string {
  const text = readFileSync(join(root, 'tools/docs/text/configuration.md'), 'utf8');
  const parts: Readonly<Record<string, string>> = {
    ...frameTables(),
    sinks: sections(sinks),
    processors: sections(processors),
  };
  const filled = text.replace(/^\{\{(\w+)\}\}$/gm, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`configuration.md asks for "${name}"`);
    return part;
  });
  return `${GENERATED}\n\n${filled}`;
}

function sections(packages: readonly DocumentedPackage[]): string {
  return packages
    .map(({ loaded, folder }) => {
      const title = `### \`use: ${loaded.name}\``;
      const about = `${upperFirst(loaded.description)}. More: [${folder}](../${folder}).`;
      return `${title}\n\n${about}\n\n${sinkOptions(loaded.definition.options ?? {})}`;
    })
    .join('\n\n');
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
