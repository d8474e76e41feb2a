import { suggest } from '@skep/core';
import type { CheckContext } from './check-context.js';
import { type Entry, nodeAt } from './tree.js';

/** What an entry may take rows from. */
export interface Sources {
  /** Names that may stand in its `from`. */
  readonly names: readonly string[];
  /** What it gets without one. */
  readonly otherwise: readonly string[];
}

/** The names an entry gets rows from; mistakes are added to the problems. */
export function checkFrom(entry: Entry, { names, otherwise }: Sources, { source, problems }: CheckContext): string[] {
  const node = nodeAt(entry.node, ['from']);
  if (!node) return [...otherwise];
  const from: string[] = [];
  for (const item of node.kind === 'list' ? node.items : [node]) {
    if (item.kind !== 'scalar') continue;
    const name = String(item.value);
    const place = source.at(item.start, item.end);
    if (!names.includes(name)) {
      const message = `no plugin or processor is named "${name}" in this file`;
      problems.add('SKEP_CONFIG', place, message, suggest(name, names));
    } else if (from.includes(name)) {
      problems.add('SKEP_CONFIG', place, `"${name}" is named twice`, 'remove one of them');
    } else from.push(name);
  }
  return from;
}
