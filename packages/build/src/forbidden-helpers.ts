import { SkepError } from '@skep/core';
import { GUARDED_HELPERS, helperCalls, readSourceLines } from '@skep/libbpf/predict';
import { locationOf } from './diagnostics.js';

/**
 * Calls of helpers that change what they watch, and that the package does not own up to: each is an error at the line of
 * the call.
 *
 * @param admitted `"skep": { "helpers": [...] }` of the package.json
 */
export function forbiddenHelpers(folder: string, object: Uint8Array, admitted: readonly string[]): SkepError[] {
  const guarded: readonly string[] = GUARDED_HELPERS;
  const lines = readSourceLines(object);
  const seen = new Set<string>();
  return helperCalls(object).flatMap(({ helper, section, instruction }) => {
    if (!guarded.includes(helper) || admitted.includes(helper)) return [];
    const line = lines.at(section, instruction);
    const place = `${helper} ${line?.file}:${line?.line}`;
    if (seen.has(place)) return [];
    seen.add(place);
    const location = line && locationOf(folder, line);
    const remedy = `say so in package.json: "skep": { "helpers": ["${helper}"] }; who uses the plugin must allow it, too`;
    return [new SkepError('SKEP_PLUGIN', `${helper}() changes what it watches`, remedy, location ? { location } : {})];
  });
}
