import { isSkepError } from '@skep/core';
import type { CheckContext } from './check-context.js';
import type { SinkInstance } from './config.js';
import type { Flow } from './flow.js';

/** What a sink writes is its alone: two that rotate one file, or empty one spool, would take each other's rows. */
export function checkOwned(sinks: readonly SinkInstance[], flow: Flow, { problems, folder }: CheckContext): void {
  const owners = new Map<string, string>();
  for (const instance of sinks) {
    for (const path of ownedBy(instance, flow, folder)) {
      const other = owners.get(path);
      if (other === undefined) owners.set(path, instance.name);
      else {
        const message = `sinks "${other}" and "${instance.name}" both write ${path}`;
        const remedy = 'give each its own, or have one sink with the rows of both: from: [...]';
        problems.add('SKEP_CONFIG', instance.location, message, remedy);
        break;
      }
    }
  }
}

function ownedBy({ sink, options, name, from }: SinkInstance, flow: Flow, folder: string): readonly string[] {
  try {
    return sink.definition.owns?.(options, { name, folder, ...flow.known(from) }) ?? [];
  } catch (error) {
    if (!isSkepError(error)) throw error;
    return []; // `check` has said what is wrong
  }
}
