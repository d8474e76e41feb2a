import { nearest, type OptionDefinition, type OptionValue, parseOption, SkepError } from '@skep/core';
import { shown } from './check-frame.js';
import type { Problems } from './problems.js';
import type { SourceText } from './source.js';
import type { Environment } from './substitute.js';
import { type Entry, plain, type ScalarNode, spanOf, type TreeNode } from './tree.js';

/** What the options of one instance are checked against. */
export interface OptionScope {
  /** As messages name it: `plugin opensnoop`, `sink file`. */
  readonly owner: string;
  readonly source: SourceText;
  readonly problems: Problems;
  /** Texts may be given as `{ file: path }` or `{ env: NAME }`. */
  readonly allowsSecrets: boolean;
  readonly folder: string;
  readonly environment: Environment;
  readonly findUser: (name: string) => number | undefined;
}

/** Kinds that take a scalar as YAML types it; the others are texts, and take it as it is written. */
const TYPED = new Set([
  'boolean',
  'integer',
  'integers',
  'duration',
  'stop-after',
  'every',
  'outputs',
  'level',
  'size',
  'user',
  'ring-pages',
  'map-entries',
]);

/** The value of one option; a mistake is added to the problems, at the item of a list that is wrong. */
export function parseEntry(entry: Entry, definition: OptionDefinition, path: string, scope: OptionScope): OptionValue {
  const { node } = entry;
  try {
    return parseOption(scope.owner, path, definition, rawValue(node, definition), scope.findUser);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const wrong = wrongItem(node, definition, scope) ?? node;
    const [start, end] = wrong === node ? spanOf(entry) : [wrong.start, wrong.end];
    scope.problems.addError(reworded(error, wrong), scope.source.at(start, end), nearChoice(wrong, definition));
    return undefined;
  }
}

/** What `parseOption` is given: typed scalars as they are, and the written text where the option wants a text. */
function rawValue(node: TreeNode, definition: OptionDefinition): unknown {
  if (node.kind === 'list') return node.items.map((item) => rawValue(item, definition));
  if (node.kind === 'map') return {};
  return TYPED.has(definition.kind) ? node.value : asText(node);
}

function asText(node: ScalarNode): ScalarNode['value'] {
  return typeof node.value === 'number' || node.isSubstituted ? node.text : node.value;
}

/** The first item of a list that is wrong by itself. */
function wrongItem(node: TreeNode, definition: OptionDefinition, scope: OptionScope): TreeNode | undefined {
  if (node.kind !== 'list' || !['list', 'texts', 'integers', 'command'].includes(definition.kind)) return undefined;
  return node.items.find((item) => {
    try {
      parseOption(scope.owner, '', definition, [rawValue(item, definition)], scope.findUser);
      return false;
    } catch {
      return true;
    }
  });
}

/** The message with the value as the file has it: `got a mapping` rather than `got {}`. */
function reworded(error: Error, node: TreeNode): unknown {
  const at = error.message.indexOf(', got ');
  if (at < 0) return error;
  return new SkepError('SKEP_OPTION', `${error.message.slice(0, at)}, got ${shown(node)}`);
}

function nearChoice(node: TreeNode, definition: OptionDefinition): string {
  const choices = 'choices' in definition ? definition.choices : undefined;
  if (!choices || node.kind !== 'scalar') return '';
  const near = nearest(String(plain(node)), choices);
  return near === undefined ? '' : `did you mean "${near}"?`;
}

/** A text that is never shown, whatever is wrong with it; `what` says where it came from. */
export function hiddenText(
  entry: Entry,
  text: string,
  what: string,
  definition: OptionDefinition,
  path: string,
  scope: OptionScope,
): OptionValue {
  try {
    return parseOption(scope.owner, path, definition, text, scope.findUser);
  } catch {
    const problem = text === '' ? 'is empty' : text.includes('\0') ? 'contains NUL' : 'is not accepted: it is too long';
    fail(scope, entry, `option "${path}" of ${scope.owner}: ${what} ${problem}`);
    return undefined;
  }
}

/** Add a mistake at an entry's value. */
export function fail(scope: OptionScope, entry: Entry, message: string): void {
  scope.problems.add('SKEP_OPTION', scope.source.at(...spanOf(entry)), message);
}
