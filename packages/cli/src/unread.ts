import { type Config, withoutSink } from '@skep/runner';

/** A plugin that is traced for nobody is no mistake, but seldom meant. */
export function unreadNotes(config: Config): string[] {
  const names = withoutSink(config);
  return names.length === 0 ? [] : [`no sink gets the rows of ${names.join(', ')}`];
}
