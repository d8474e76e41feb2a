import { existsSync, readFileSync } from 'node:fs';
import { SkepError } from '@skep/core';
import { DANGEROUS_HELPERS, helperCalls } from '@skep/libbpf';
import type { LoadedPlugin } from './load-package.js';

/** Helpers of a plugin's object that change what they watch. */
export function dangerousHelpers({ definition }: LoadedPlugin): string[] {
  // Without its object a plugin does nothing; whoever opens it says so.
  if (!existsSync(definition.object.url)) return [];
  const called = helperCalls(readFileSync(definition.object.url)).map(({ helper }) => helper);
  return [...new Set(called)].filter((helper) => DANGEROUS_HELPERS.has(helper)).sort();
}

/**
 * Refuse a plugin whose programs could change what they watch: write to the memory of processes, end them, make kernel
 * functions fail. Nothing has been loaded yet.
 *
 * @throws SkepError SKEP_HELPER naming the helpers that `allowed` does not name.
 */
export function refuseHelpers(plugin: LoadedPlugin, allowed: readonly string[]): void {
  const refused = dangerousHelpers(plugin).filter((helper) => !allowed.includes(helper));
  if (refused.length === 0) return;
  const message = `plugin ${plugin.name} (${plugin.package}) calls ${refused.join(', ')}: it can change what it watches`;
  throw new SkepError(
    'SKEP_HELPER',
    message,
    `if you want that: allow: [${refused.join(', ')}], or --allow on the command line`,
  );
}
