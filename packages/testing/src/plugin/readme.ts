import type { Check } from './plugin-under-test.js';

const SECTIONS = ['Example', 'Columns', 'Options', 'Overhead', 'Kernels'];
/** 80, and a little for tools whose own table is wider. */
const WIDEST = 90;

/** README.md has its title and its sections, in order; the example fits a terminal. */
export const readmeProblems: Check = ({ readme, tool, manifest, options }) => {
  if (readme === undefined) return ['there is no README.md'];
  const title = `# ${tool}: ${String(manifest.description)}`;
  const wanted = SECTIONS.filter((name) => name !== 'Options' || Object.keys(options).length > 0);
  const found = headings(readme).filter((name) => wanted.includes(name));
  const missing = wanted.filter((name) => !found.includes(name));
  const isInOrder = missing.length > 0 || found.join() === wanted.join();
  return [
    ...(readme.startsWith(`${title}\n`) ? [] : [`README.md does not begin with "${title}"`]),
    ...missing.map((name) => `README.md has no section "## ${name}"`),
    ...(isInOrder ? [] : [`README.md has its sections in the order ${found.join(', ')}`]),
    ...wideLines(readme),
  ];
};

/** Titles of second level; one heading may name two sections. */
function headings(readme: string): string[] {
  const outside = readme.replace(/^```[\s\S]*?^```/gm, '');
  return [...outside.matchAll(/^## (.+)$/gm)]
    .flatMap(([, title]) => title!.split(/,\s*|\s+and\s+/))
    .map((t) => t.trim());
}

function wideLines(readme: string): string[] {
  const example = /^## Example\n([\s\S]*?)(?=^## )/m.exec(`${readme}\n## `)?.[1] ?? '';
  const shown = [...example.matchAll(/^```.*\n([\s\S]*?)^```/gm)].flatMap(([, text]) => text!.split('\n'));
  return shown
    .filter((line) => line.length > WIDEST)
    .map((line) => `README.md: a line of the example is ${line.length} characters wide: ${line.slice(0, 40)}...`);
}
