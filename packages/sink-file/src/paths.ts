import { type Schema, SkepError } from '@skep/core';
import type { FileSettings } from './settings.js';

/**
 * The path that each stream is written to, `{date}` left in.
 *
 * @throws SkepError SKEP_OPTION when streams would share a CSV file, SKEP_SINK when a name cannot be part of a path.
 */
export function pathsOf(settings: FileSettings, schemas: readonly Schema[]): ReadonlyMap<Schema, string> {
  const paths = new Map<Schema, string>();
  const taken = new Set<string>();
  for (const schema of schemas) {
    const path = settings.template.forStream(schema);
    if (settings.format === 'csv' && taken.has(path)) throw sharedCsv(settings.sink, schema, path);
    taken.add(path);
    paths.set(schema, path);
  }
  return paths;
}

function sharedCsv(sink: string, { source, stream }: Schema, path: string): SkepError {
  const message = `${sink}: stream ${source}.${stream} and another would share the CSV file ${path}`;
  return new SkepError('SKEP_OPTION', message, 'put {source} and {stream} into the path, or write format: jsonl');
}
