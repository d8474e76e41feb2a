import type { OptionValues } from '@skep/core';
import type { PluginUnderTest } from './plugin-under-test.js';
import { sampleValues } from './sample-options.js';

/** Members of a definition that hold a condition, and those that hold conditions by name. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'when',
  'delimited',
  'timestamp',
  'clear',
  'json',
  'folded',
  'annotated',
]);
const CONDITION_MAPS: ReadonlySet<string> = new Set(['keyFields', 'fields']);
/** A function of a row, not of the options. */
const OF_ROWS = 'from';

/** Names of options that decide how a plugin attaches, or how its streams look. They need no variable in the program. */
export function usedOptions({ definition, options }: PluginUnderTest): ReadonlySet<string> {
  const used = new Set<string>();
  const variants = sampleValues(options).map((values) => recording(values, used));
  visit([definition.attach, definition.streams, definition.sampling], variants, used);
  return used;
}

function visit(node: unknown, variants: readonly OptionValues[], used: Set<string>): void {
  if (typeof node === 'function') {
    for (const values of variants) ask(node as (values: OptionValues) => unknown, values);
  } else if (typeof node === 'object' && node !== null) {
    for (const [name, value] of Object.entries(node)) {
      if (CONDITIONS.has(name)) note(value, used);
      if (CONDITION_MAPS.has(name) && !isField(value))
        for (const condition of Object.values(value as object)) note(condition, used);
      if (name !== OF_ROWS) visit(value, variants, used);
    }
  }
}

/** A declared column may have the name of such a map. */
function isField(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && 'doc' in value;
}

/** A condition that is a name: `failed`, `!failed`. */
function note(condition: unknown, used: Set<string>): void {
  if (typeof condition === 'string') used.add(condition.replace(/^!/, ''));
}

/** A function that fails on values it was never made for still tells which options it looked at. */
function ask(of: (values: OptionValues) => unknown, values: OptionValues): void {
  try {
    of(values);
  } catch {}
}

/** The same values; which of them are read is noted. */
function recording(values: OptionValues, read: Set<string>): OptionValues {
  return new Proxy(values, {
    get(target, name) {
      if (typeof name === 'string') read.add(name);
      return Reflect.get(target, name) as unknown;
    },
  });
}
