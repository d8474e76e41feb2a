import { type Condition, holds, type OptionDefinition, type OptionDefinitions, type OptionValues } from '@skep/core';

/**
 * In words, which options a condition is about: `queued`, `not fails`, `queued, cgroup or pid`.
 *
 * A function is asked with each option set by itself; one that needs several at once is told as such.
 */
export function conditionText(when: Condition | undefined, definitions: OptionDefinitions): string {
  if (when === undefined) return '';
  if (typeof when === 'string') return when.replace(/^!/, 'not ');
  const defaults = defaultsOf(definitions);
  const isDefault = holds(when, defaults);
  const names = Object.keys(definitions).filter((name) => {
    return holds(when, { ...defaults, [name]: other(definitions[name]!) }) !== isDefault;
  });
  if (names.length === 0) return isDefault ? '' : 'several options together';
  const last = names.at(-1)!;
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${last}` : last;
  return isDefault ? `not ${list}` : list;
}

/**
 * Options for which a condition holds: the defaults, or one option changed; undefined when that is not enough. The same
 * object for conditions that the same options meet.
 */
export function optionsFor(when: Condition | undefined, definitions: OptionDefinitions): OptionValues | undefined {
  let choices = known.get(definitions);
  if (!choices) {
    choices = optionChoices(definitions);
    known.set(definitions, choices);
  }
  return choices.find((values) => holds(when, values));
}

const known = new WeakMap<OptionDefinitions, readonly OptionValues[]>();

/** Switches first: other options may need a value that makes sense. */
function optionChoices(definitions: OptionDefinitions): OptionValues[] {
  const defaults = defaultsOf(definitions);
  const isSwitch = (name: string) => definitions[name]!.kind === 'boolean';
  const names = Object.keys(definitions);
  const ordered = [...names.filter(isSwitch), ...names.filter((name) => !isSwitch(name))];
  return [defaults, ...ordered.map((name) => ({ ...defaults, [name]: other(definitions[name]!) }))];
}

function defaultsOf(definitions: OptionDefinitions): OptionValues {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, definition.default]),
  ) as OptionValues;
}

/** A value that is not the default. */
function other(definition: OptionDefinition): OptionValues[string] {
  if (definition.kind === 'boolean') return !definition.default;
  if ('choices' in definition && definition.choices) {
    return definition.choices.find((choice) => choice !== definition.default) as OptionValues[string];
  }
  const isNumber = [
    'integer',
    'ring-pages',
    'map-entries',
    'user',
    'duration',
    'stop-after',
    'every',
    'outputs',
    'level',
    'size',
  ].includes(definition.kind);
  return (isNumber ? Number(definition.default ?? 0) + 1 : 'x') as OptionValues[string];
}
