import type { OptionDefinition, OptionDefinitions, OptionValue, OptionValues } from '@skep/core';

/** The values that options have when none is given. */
export function defaultValues(options: OptionDefinitions): OptionValues {
  return Object.fromEntries(Object.entries(options).map(([name, { default: value }]) => [name, value])) as OptionValues;
}

/**
 * Sets of values that lead through the branches of a plugin's functions: the defaults, each option by itself with each
 * of its choices, and all options at once.
 */
export function sampleValues(options: OptionDefinitions): OptionValues[] {
  const defaults = defaultValues(options);
  const alone = Object.entries(options).flatMap(([name, definition]) =>
    samples(definition).map((value) => ({ ...defaults, [name]: value })),
  );
  const together = Object.entries(options).map(([name, definition]) => [name, samples(definition)[0]]);
  return [defaults, ...alone, Object.fromEntries(together)];
}

function samples(definition: OptionDefinition): OptionValue[] {
  switch (definition.kind) {
    case 'boolean':
      return [true, false];
    case 'integer':
      return [Math.max(definition.min, 1), definition.max];
    case 'integers':
      return [[Math.max(definition.min, 1)]];
    case 'choice':
      return [...definition.choices];
    case 'list':
      return definition.choices ? definition.choices.map((choice) => [choice]) : [['text']];
    case 'texts':
    case 'command':
      return [['true']];
    case 'duration':
    case 'size':
    case 'user':
    case 'ring-pages':
    case 'map-entries':
    case 'stop-after':
    case 'every':
    case 'outputs':
    case 'level':
      return [1];
    case 'group':
      return [defaultValues(definition.options)];
    default:
      return ['text'];
  }
}
