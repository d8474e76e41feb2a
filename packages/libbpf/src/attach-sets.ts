import { type Condition, holds, type OptionValues, type PluginDefinition } from '@skep/core';

/** One attach set as it applies to a plugin's options: names of programs, `?` removed. */
export interface ResolvedSet {
  readonly programs: readonly string[];
  readonly optional: ReadonlySet<string>;
  readonly note: string | undefined;
}

/** An attach set with the options that it is for; without a condition it is for all. */
export interface ConditionalSet extends ResolvedSet {
  readonly when?: Condition;
}

/** The attach sets whose conditions hold, best first. */
export function attachSets(definition: PluginDefinition, options: OptionValues): ResolvedSet[] {
  return everyAttachSet(definition).filter(({ when }) => holds(when, options));
}

/** All attach sets, whatever the options, best first. */
export function everyAttachSet(definition: PluginDefinition): ConditionalSet[] {
  return definition.attach
    .map((set) => ('programs' in set ? set : { programs: set, when: undefined, note: undefined }))
    .map(({ programs, when, note }) => ({
      programs: programs.map((name) => name.replace(/\?$/, '')),
      optional: new Set(programs.filter((name) => name.endsWith('?')).map((name) => name.slice(0, -1))),
      note,
      ...(when === undefined ? {} : { when: when as Condition }),
    }));
}
