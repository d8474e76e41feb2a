import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Pages, TOOL_PAGES } from './generate.js';

/** A file that is not as it would be generated. */
export interface Difference {
  readonly path: string;
  /** The first lines that differ, or what is wrong with the file as a whole. */
  readonly text: string;
}

/** What `write` would change. */
export function differences(root: string, pages: Pages): Difference[] {
  const found: Difference[] = [];
  for (const [path, wanted] of pages) {
    const file = join(root, path);
    if (!existsSync(file)) found.push({ path, text: 'is missing' });
    else {
      const actual = readFileSync(file, 'utf8');
      if (actual !== wanted) found.push({ path, text: firstDifference(actual, wanted) });
    }
  }
  return [...found, ...leftovers(root, pages).map((path) => ({ path, text: 'belongs to no tool' }))];
}

/** Write what differs, remove what belongs to no tool; returns the paths. */
export function write(root: string, pages: Pages): string[] {
  const changed = differences(root, pages).map(({ path }) => path);
  for (const path of changed) {
    const text = pages.get(path);
    const file = join(root, path);
    if (text === undefined) rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  return changed;
}

function leftovers(root: string, pages: Pages): string[] {
  const folder = join(root, TOOL_PAGES);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => `${TOOL_PAGES}/${name}`)
    .filter((path) => !pages.has(path));
}

/** The lines around the first that differs, as a diff shows them. */
function firstDifference(actual: string, wanted: string): string {
  const [old, next] = [actual.split('\n'), wanted.split('\n')];
  const at = old.findIndex((line, i) => line !== next[i]);
  const line = at < 0 ? old.length : at;
  const show = (mark: string, lines: readonly string[]) => lines.slice(line, line + 3).map((text) => `${mark} ${text}`);
  return [`differs from line ${line + 1} on`, ...show('-', old), ...show('+', next)].join('\n    ');
}
