import type { OptionDefinitions, OptionValues } from './option.js';

/** True when the named option is set; `!name` when it is not; a function for everything else. */
export type Condition<O extends OptionDefinitions = OptionDefinitions> =
  | (keyof O & string)
  | `!${keyof O & string}`
  | ((options: OptionValues<O>) => boolean);

/** Whether `condition` holds for these options; no condition holds always. */
export function holds(condition: Condition | undefined, options: OptionValues): boolean {
  if (condition === undefined) return true;
  if (typeof condition === 'function') return condition(options);
  return condition.startsWith('!') ? !isSet(options[condition.slice(1)]) : isSet(options[condition]);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false;
}
