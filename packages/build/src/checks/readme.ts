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
  return linesOf(readme).flatMap(({ text, isCode }) => {
    const title = isCode ? undefined : /^## (.+)$/.exec(text)?.[1];
    return title?.split(/,\s*|\s+and\s+/).map((part) => part.trim()) ?? [];
  });
}

function wideLines(readme: string): string[] {
  return linesOf(readme)
    .filter(({ text, isCode, section }) => isCode && section === 'Example' && text.length > WIDEST)
    .map(({ text }) => `README.md: a line of the example is ${text.length} characters wide: ${text.slice(0, 40)}...`);
}

interface Line {
  readonly text: string;
  /** Between two fences, where `## ` is no title. */
  readonly isCode: boolean;
  readonly section: string;
}

function linesOf(readme: string): Line[] {
  let isCode = false;
  let section = '';
  return readme.split('\n').map((text) => {
    if (text.startsWith('```')) isCode = !isCode;
    else if (!isCode && text.startsWith('## ')) section = text.slice(3).trim();
    return { text, isCode, section };
  });
}
