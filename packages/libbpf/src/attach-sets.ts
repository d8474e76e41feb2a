import { type Condition, holds, type OptionValues, type PluginDefinition } from '@skep/core';

/** One attach set as it applies to a plugin's options: names of programs, `?` removed. */
export interface ResolvedSet {
  readonly programs: readonly string[];
  readonly optional: ReadonlySet<string>;
  readonly note: string | undefined;
}

/** The attach sets whose conditions hold, best first. */
export function attachSets(definition: PluginDefinition, options: OptionValues): ResolvedSet[] {
  return definition.attach
    .map((set) => ('programs' in set ? set : { programs: set, when: undefined, note: undefined }))
    .filter((set) => holds(set.when as Condition | undefined, options))
    .map(({ programs, note }) => ({
      programs: programs.map((name) => name.replace(/\?$/, '')),
      optional: new Set(programs.filter((name) => name.endsWith('?')).map((name) => name.slice(0, -1))),
      note,
    }));
}
