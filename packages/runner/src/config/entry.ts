import type { TextInFile } from './scalar-place.js';
import type { SourceText } from './source.js';
import { type Entry, spanOf, type TreeNode } from './tree.js';

/** The offsets of the name of an entry's package: its `use`, its short form, or the name of the instance. */
export function useSpan(entry: Entry): readonly [start: number, end: number] {
  const { node } = entry;
  const use = node.kind === 'map' ? node.entries.get('use') : undefined;
  if (use) return spanOf(use);
  return node.kind === 'scalar' ? spanOf(entry) : [entry.keyStart, entry.keyEnd];
}

/** A scalar that someone else compiles, with its place; undefined when it is not a text. */
export function textOf(node: TreeNode | undefined, source: SourceText): TextInFile | undefined {
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  return { text: node.value, location: source.at(node.start, node.end), origin: node.origin };
}
