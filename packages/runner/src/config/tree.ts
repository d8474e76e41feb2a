/**
 * A YAML document as skep reads it: aliases followed, merges done, `${}` substituted, and each node with its place.
 * An anchor's node appears in more than one place, so this is a graph without cycles; `size` and `depth` count it as
 * a tree.
 */
export type TreeNode = ScalarNode | ListNode | MapNode;

interface Place {
  /** Offsets in the file: `[start, end)`; equal when the value was left out. */
  readonly start: number;
  readonly end: number;
  /** Nodes below and including this one, aliases expanded. */
  readonly size: number;
  readonly depth: number;
}

export interface ScalarNode extends Place {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** The text before it was typed: `0123` stays `0123` for an option that wants a text. */
  readonly text: string;
  readonly isSubstituted: boolean;
  /** Where the text lies when each of its lines lies in the file as it is; lines and columns from 1. */
  readonly origin: { readonly line: number; readonly column: number } | undefined;
}

export interface ListNode extends Place {
  readonly kind: 'list';
  readonly items: readonly TreeNode[];
}

export interface MapNode extends Place {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly node: TreeNode;
}

/** The plain value of a node. Objects have no prototype: `__proto__` is a key like any other. */
export function plain(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of node.entries) object[key] = plain(entry.node);
  return object;
}

/** The offsets to underline for an entry's value: the key when the value was left out. */
export function spanOf(entry: Entry): readonly [start: number, end: number] {
  const { node } = entry;
  return node.start === node.end ? [entry.keyStart, entry.keyEnd] : [node.start, node.end];
}

/**
 * The offsets of what `path` leads to, as far as it exists: a value's own, or those of the last node on the way.
 */
export function spanAt(root: TreeNode, path: readonly PropertyKey[]): readonly [start: number, end: number] {
  let node = root;
  let span: readonly [number, number] = [root.start, root.end];
  for (const step of path) {
    if (node.kind === 'map') {
      const entry = node.entries.get(String(step));
      if (!entry) return span;
      node = entry.node;
      span = spanOf(entry);
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)];
      if (!item) return span;
      node = item;
      span = [item.start, item.end];
    } else return span;
  }
  return span;
}

/** The node that `path` leads to. */
export function nodeAt(root: TreeNode, path: readonly PropertyKey[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.get(String(step))?.node;
    else if (node?.kind === 'list') node = node.items[Number(step)];
    else return undefined;
  }
  return node;
}
