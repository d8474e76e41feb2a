import { suggest } from '@skep/core';
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import { MAX_DEPTH } from './guard.js';
import type { Problems } from './problems.js';
import { originOf, tokenPlace } from './scalar-place.js';
import type { SourceText } from './source.js';
import { type Environment, substitute, typeScalar } from './substitute.js';
import type { Entry, ListNode, MapNode, ScalarNode, TreeNode } from './tree.js';

/** Most aliases of one file, and most nodes with all of them expanded: ten lines of aliases can mean a billion. */
export const MAX_ALIASES = 100;
export const MAX_NODES = 20_000;

/** The tree of a parsed document; mistakes are added to `problems` and stand as null in the tree. */
export function buildTree(
  document: Document.Parsed,
  source: SourceText,
  environment: Environment,
  problems: Problems,
): TreeNode {
  return new TreeBuilder(source, environment, problems).node(document.contents, 0);
}

class TreeBuilder {
  /** Undefined while the node of that anchor is being built: an alias to it would be a cycle. */
  private readonly anchors = new Map<string, TreeNode | undefined>();
  private aliases = 0;
  private readonly source: SourceText;
  private readonly environment: Environment;
  private readonly problems: Problems;

  constructor(source: SourceText, environment: Environment, problems: Problems) {
    this.source = source;
    this.environment = environment;
    this.problems = problems;
  }

  node(node: Node | null, position: number): TreeNode {
    if (node === null) return nothing(position, position);
    if (isAlias(node)) return this.alias(node.source, node.range![0], node.range![1]);
    const anchor = (node as Scalar).anchor;
    if (anchor !== undefined) this.anchors.set(anchor, undefined);
    const built = this.bounded(this.content(node));
    if (anchor !== undefined) this.anchors.set(anchor, built);
    return built;
  }

  private content(node: Node): TreeNode {
    const [start, end] = node.range!;
    if (isMap(node)) return this.map(node, start, end);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.node(isPair(item) ? null : (item as Node | null), start));
      return listOf(items, start, end);
    }
    return isScalar(node) ? this.scalar(node, start, end) : nothing(start, end);
  }

  private alias(name: string, start: number, end: number): TreeNode {
    const fail = (message: string, remedy: string): TreeNode => this.broken(start, end, message, remedy);
    if (++this.aliases > MAX_ALIASES) return fail(`more than ${MAX_ALIASES} aliases`, 'write the values out');
    const target = this.anchors.get(name);
    if (target) return target;
    if (this.anchors.has(name)) return fail(`the alias *${name} stands inside its own anchor`, 'write the value out');
    return fail(`no anchor &${name} before this alias`, suggest(name, [...this.anchors.keys()]));
  }

  private scalar(node: Scalar, start: number, end: number): ScalarNode {
    const text = node.source ?? '';
    const leaf = { kind: 'scalar', start, end, size: 1, depth: 0 } as const;
    const substitution = typeof node.value === 'string' ? substitute(node.value, this.environment) : undefined;
    if (!substitution) {
      const value = node.value as ScalarNode['value'];
      return { ...leaf, value, text, isSubstituted: false, origin: originOf(node, this.source) };
    }
    for (const { index, token, message, remedy } of substitution.problems) {
      this.problems.add('SKEP_CONFIG', tokenPlace(this.source, start, end, index, token), message, remedy);
    }
    if (substitution.problems.length > 0) this.problems.mute(this.source.at(start, end));
    const value = substitution.isWhole ? typeScalar(substitution.text) : substitution.text;
    return { ...leaf, value, text: substitution.text, isSubstituted: true, origin: undefined };
  }

  private map(map: YAMLMap, start: number, end: number): MapNode {
    const entries = new Map<string, Entry>();
    const merged: TreeNode[] = [];
    for (const { key, value } of map.items) {
      const entry = this.entry(key as Node | null, value as Node | null, start);
      if (!entry) continue;
      if (entry.key === '<<' && (key as Scalar).type === 'PLAIN') merged.push(entry.node);
      else if (entries.has(entry.key)) this.duplicate(entry, entries.get(entry.key)!);
      else entries.set(entry.key, entry);
    }
    for (const node of merged) this.merge(node, entries);
    return mapOf(entries, start, end);
  }

  private entry(key: Node | null, value: Node | null, position: number): Entry | undefined {
    const [keyStart, keyEnd] = key?.range ?? [position, position];
    const node = this.node(value, keyEnd);
    if (isScalar(key) && key.value === '__proto__') {
      // Names become keys of plain objects further on, where this one would vanish or worse.
      this.problems.add(
        'SKEP_CONFIG',
        this.source.at(keyStart, keyEnd),
        'no key can be "__proto__"',
        'give it another name',
      );
      return undefined;
    }
    if (isScalar(key) && key.value !== null) return { key: key.source ?? String(key.value), keyStart, keyEnd, node };
    this.problems.add('SKEP_CONFIG', this.source.at(keyStart, keyEnd), 'a key must be a text', 'give it a name');
    return undefined;
  }

  private duplicate(entry: Entry, first: Entry): void {
    const { line } = this.source.at(first.keyStart);
    const place = this.source.at(entry.keyStart, entry.keyEnd);
    this.problems.add(
      'SKEP_CONFIG',
      place,
      `the key "${entry.key}" is given twice`,
      `the first one is on line ${line}`,
    );
  }

  /** `<<: *base` or `<<: [*a, *b]`: what is already there wins. */
  private merge(node: TreeNode, into: Map<string, Entry>): void {
    for (const one of node.kind === 'list' ? node.items : [node]) {
      if (one.kind === 'map') {
        for (const [key, entry] of one.entries) if (!into.has(key)) into.set(key, entry);
      } else {
        const place = this.source.at(one.start, one.end);
        this.problems.add('SKEP_CONFIG', place, '"<<" merges mappings only', 'name the anchor of a mapping');
      }
    }
  }

  private bounded(node: TreeNode): TreeNode {
    if (node.size <= MAX_NODES && node.depth <= MAX_DEPTH) return node;
    const message =
      node.size > MAX_NODES
        ? `more than ${MAX_NODES} values, aliases expanded`
        : `nested deeper than ${MAX_DEPTH} levels, aliases expanded`;
    return this.broken(node.start, node.end, message, 'write it without the aliases');
  }

  /** What stands in for a value that cannot be used. */
  private broken(start: number, end: number, message: string, remedy: string): TreeNode {
    const place = this.source.at(start, end);
    this.problems.add('SKEP_CONFIG', place, message, remedy);
    this.problems.mute(place);
    return nothing(start, end);
  }
}

function nothing(start: number, end: number): ScalarNode {
  return {
    kind: 'scalar',
    start,
    end,
    size: 1,
    depth: 0,
    value: null,
    text: '',
    isSubstituted: false,
    origin: undefined,
  };
}

function listOf(items: readonly TreeNode[], start: number, end: number): ListNode {
  return { kind: 'list', start, end, items, ...extent(items) };
}

function mapOf(entries: ReadonlyMap<string, Entry>, start: number, end: number): MapNode {
  return { kind: 'map', start, end, entries, ...extent([...entries.values()].map((entry) => entry.node)) };
}

function extent(nodes: readonly TreeNode[]): { size: number; depth: number } {
  let size = 1;
  let depth = 0;
  for (const node of nodes) {
    size += node.size;
    depth = Math.max(depth, node.depth + 1);
  }
  return { size, depth };
}
