import { type OptionDefinition, type OptionDefinitions, type OptionValue, suggest } from '@skep/core';
import { fail, hiddenText, type OptionScope, parseEntry } from './option-value.js';
import { isSecretForm, readSecret } from './secret.js';
import type { Entry, MapNode } from './tree.js';

export interface CheckedOptions {
  /** Values by option name, defaults filled in; nested where a definition is a group. */
  readonly values: Readonly<Record<string, OptionValue>>;
  /** Options whose value came from `{ file }` or `{ env }`: never to be printed. Nested ones as `group.name`. */
  readonly secrets: readonly string[];
}

/**
 * Check the entries of a mapping against definitions; mistakes are added to the scope's problems. `others` are keys
 * that stand beside the options and are checked elsewhere.
 */
export function checkOptions(
  map: MapNode | undefined,
  definitions: OptionDefinitions,
  scope: OptionScope,
  others: readonly string[] = [],
  prefix = '',
): CheckedOptions {
  const values: Record<string, OptionValue> = {};
  const secrets: string[] = [];
  for (const [key, entry] of map?.entries ?? []) {
    if (others.includes(key)) continue;
    const definition = Object.hasOwn(definitions, key) ? definitions[key] : undefined;
    if (definition) checkOne(entry, definition, scope, prefix, values, secrets);
    else unknownOption(entry, [...Object.keys(definitions), ...others], scope, prefix);
  }
  if (map) checkConflicts(map, definitions, values, scope);
  for (const [key, definition] of Object.entries(definitions)) {
    if (!Object.hasOwn(values, key)) values[key] = definition.default;
  }
  return { values, secrets };
}

/** The definitions inside a definition of kind `group`. */
export function groupOf(definition: OptionDefinition): OptionDefinitions | undefined {
  return definition.kind === 'group' ? definition.options : undefined;
}

function checkOne(
  entry: Entry,
  definition: OptionDefinition,
  scope: OptionScope,
  prefix: string,
  values: Record<string, OptionValue>,
  secrets: string[],
): void {
  const { key, node } = entry;
  const path = `${prefix}${key}`;
  const group = groupOf(definition);
  if (group && node.kind === 'map') {
    const nested = checkOptions(node, group, scope, [], `${path}.`);
    values[key] = nested.values;
    secrets.push(...nested.secrets);
  } else if (definition.kind === 'string' && scope.allowsSecrets && node.kind === 'map' && isSecretForm(node)) {
    const secret = readSecret(node, scope.folder, scope.environment);
    secrets.push(path);
    if ('message' in secret) fail(scope, entry, `option "${path}" of ${scope.owner}: ${secret.message}`);
    else values[key] = hiddenText(entry, secret.text, secret.what, definition, path, scope);
  } else if (definition.kind === 'string' && node.kind === 'scalar' && node.isSubstituted) {
    // What an environment variable holds may be a password: it is not shown either.
    values[key] = hiddenText(entry, node.text, 'the substituted text', definition, path, scope);
  } else values[key] = parseEntry(entry, definition, path, scope);
}

function unknownOption(entry: Entry, valid: readonly string[], scope: OptionScope, prefix: string): void {
  const place = scope.source.at(entry.keyStart, entry.keyEnd);
  const remedy = valid.length > 0 ? suggest(entry.key, valid) : 'it takes none';
  scope.problems.add('SKEP_OPTION', place, `unknown option "${prefix}${entry.key}" of ${scope.owner}`, remedy);
}

function checkConflicts(
  map: MapNode,
  definitions: OptionDefinitions,
  values: Readonly<Record<string, unknown>>,
  scope: OptionScope,
): void {
  const isGiven = (key: string): boolean =>
    Object.hasOwn(values, key) && values[key] !== undefined && values[key] !== false;
  const seen: string[] = [];
  for (const [key, entry] of map.entries) {
    if (!Object.hasOwn(definitions, key) || !isGiven(key)) continue;
    const other = seen.find(
      (one) => definitions[key]!.conflicts?.includes(one) || definitions[one]!.conflicts?.includes(key),
    );
    seen.push(key);
    if (other === undefined) continue;
    const place = scope.source.at(entry.keyStart, entry.keyEnd);
    const message = `options "${other}" and "${key}" of ${scope.owner} exclude each other`;
    scope.problems.add('SKEP_OPTION', place, message, 'remove one of them');
  }
}
