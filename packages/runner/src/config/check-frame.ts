import { suggest } from '@skep/core';
import type { z } from 'zod';
import { agentFrame, type Frame, frame, pluginFrame } from './frame.js';
import type { Problems } from './problems.js';
import type { SourceText } from './source.js';
import { type MapNode, nodeAt, plain, spanAt, type TreeNode } from './tree.js';

type Path = readonly PropertyKey[];

/** What the checks of single instances need: which parts of the frame are sound. */
export interface CheckedFrame {
  /** The frame with unsound parts left out. */
  readonly value: Partial<Frame>;
  /** Whether something at this path or below it is wrong. */
  isBroken(path: Path): boolean;
}

/** Check everything that does not depend on what is installed; mistakes are added to `problems`. */
export function checkFrame(root: TreeNode, source: SourceText, problems: Problems): CheckedFrame {
  const input = normalise(root);
  const result = frame.safeParse(input);
  if (result.success) return { value: result.data, isBroken: () => false };
  const paths: Path[] = [];
  for (const issue of result.error.issues) {
    // An unknown key harms nothing beside it: what is next to it is still checked.
    if (issue.code !== 'unrecognized_keys') paths.push(issue.path);
    report(issue, root, source, problems);
  }
  return {
    value: (input ?? {}) as Partial<Frame>,
    isBroken: (path) => paths.some((one) => path.every((step, i) => i >= one.length || one[i] === step)),
  };
}

/** The plain value in its long form: `opens: opensnoop` and `opensnoop:` are entries like any other. */
function normalise(root: TreeNode): Record<string, unknown> | unknown {
  if (root.kind !== 'map') return plain(root);
  const value = plain(root) as Record<string, unknown>;
  for (const part of ['plugins', 'processors', 'sinks']) {
    const entries = value[part];
    if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) continue;
    for (const [name, entry] of Object.entries(entries)) {
      const long = typeof entry === 'string' ? { use: entry } : entry === null ? {} : entry;
      (entries as Record<string, unknown>)[name] = long;
    }
  }
  return value;
}

function report(issue: z.core.$ZodIssue, root: TreeNode, source: SourceText, problems: Problems): void {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const map = nodeAt(root, path) as MapNode;
    for (const key of issue.keys) {
      const { keyStart, keyEnd } = map.entries.get(key)!;
      const place = source.at(keyStart, keyEnd);
      problems.add('SKEP_CONFIG', place, `unknown key "${key}"${inside(path)}`, suggest(key, validKeys(path)));
    }
    return;
  }
  if (issue.code === 'invalid_key') {
    const name = String(path.at(-1));
    const { keyStart, keyEnd } = (nodeAt(root, path.slice(0, -1)) as MapNode).entries.get(name)!;
    const expected = issue.issues[0]?.message ?? 'a name';
    problems.add('SKEP_CONFIG', source.at(keyStart, keyEnd), `the name "${name}": expected ${expected}`);
    return;
  }
  const node = nodeAt(root, path);
  const [start, end] = spanAt(root, path);
  const place = source.at(start, end);
  if (path.length === 1 && !node) {
    missing(String(path[0]), source, root, problems);
  } else if (path[0] === 'version') {
    problems.add('SKEP_CONFIG', place, `version ${shown(node)} is not known`, 'this skep reads "version: 1"');
  } else {
    const message = `${path.length === 0 ? 'the file' : `"${String(path.at(-1))}"`}${inside(path.slice(0, -1))}`;
    const expected = issue.code === 'invalid_union' ? unionMessage(issue) : issue.message;
    problems.add(
      'SKEP_CONFIG',
      place,
      `${message}: expected ${expected}, got ${shown(node)}`,
      quoteRemedy(node, expected),
    );
  }
}

function missing(key: string, source: SourceText, root: TreeNode, problems: Problems): void {
  const remedy = key === 'version' ? 'begin the file with "version: 1"' : 'add "plugins: { opens: opensnoop }"';
  problems.add('SKEP_CONFIG', source.at(root.start), `"${key}" is missing`, remedy);
}

function unionMessage(issue: z.core.$ZodIssue & { code: 'invalid_union' }): string {
  const deepest = issue.errors.flat().find((one) => one.path.length > 0 || one.code === 'too_small');
  return deepest?.message ?? issue.message;
}

function inside(path: Path): string {
  return path.length === 0 ? '' : ` of ${path.map(String).join('.')}`;
}

function validKeys(path: Path): readonly string[] {
  if (path.length === 0) return Object.keys(frame.shape);
  return Object.keys(path[0] === 'agent' ? agentFrame.shape : pluginFrame.shape);
}

/** A value as a message shows it: short, and collections by their kind only. */
export function shown(node: TreeNode | undefined): string {
  if (!node || (node.kind === 'scalar' && node.value === null)) return 'nothing';
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list';
  if (typeof node.value === 'string') return node.value.length > 60 ? 'a long text' : `"${node.value}"`;
  return node.text || String(node.value);
}

function quoteRemedy(node: TreeNode | undefined, expected: string): string {
  const isTyped = node?.kind === 'scalar' && node.value !== null && typeof node.value !== 'string';
  return isTyped && /^a (name|text)/.test(expected) && node.text !== '' ? `put it in quotes: "${node.text}"` : '';
}
