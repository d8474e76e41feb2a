import { cell, table } from '@skep/build';
import type { Tool } from './packages.js';
import { GENERATED } from './tool-page.js';

/** Tools by category, both in order of their names. */
function byCategory(tools: readonly Tool[]): ReadonlyMap<string, readonly Tool[]> {
  const categories = [...new Set(tools.map(({ facts }) => facts.category))].sort();
  return new Map(categories.map((category) => [category, tools.filter(({ facts }) => facts.category === category)]));
}

/** The page `docs/tools/README.md`. */
export function toolIndex(tools: readonly Tool[]): string {
  const parts = [GENERATED, '# Tools', 'A page each: columns, options, where it attaches, what it costs.'];
  for (const [category, members] of byCategory(tools)) {
    const rows = members.map(({ facts }) => [
      `[${facts.name}](${facts.name}.md)`,
      cell(facts.description),
      facts.streams.map(({ name, shape }) => `${name} (${shape})`).join(', '),
    ]);
    parts.push(`## ${category}`, table(['Tool', 'What it shows', 'Streams'], rows));
  }
  return `${parts.join('\n\n')}\n`;
}

/** The table of the repository's README: a row per category, for there may be a hundred tools. */
export function toolSummary(tools: readonly Tool[]): string {
  const rows = [...byCategory(tools)].map(([category, members]) => [
    category,
    members.map(({ facts }) => `[${facts.name}](docs/tools/${facts.name}.md)`).join(', '),
  ]);
  return table(['Category', 'Tools'], rows);
}
