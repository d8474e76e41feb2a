import { isSkepError, nearest, SkepError, suggest } from '@skep/core';
import { kernelFunctions, kernelName, resembling, similarFunction, tracepoints } from '@skep/libbcc';
import { ElfFile } from '../elf/elf-file.js';
import { type UsdtNote, usdtNotes } from '../elf/usdt-notes.js';
import { libraryFile } from './library.js';
import type { Pattern } from './pattern.js';

/** One place that a program is attached to, and the name it is shown under. */
export type Target =
  | { readonly kind: 'kernel'; readonly name: string; readonly symbol: string }
  | { readonly kind: 'tracepoint'; readonly name: string; readonly category: string; readonly event: string }
  | {
      readonly kind: 'user';
      readonly name: string;
      readonly path: string;
      /** Places in the file: one, or those of a USDT probe. */
      readonly places: readonly { readonly offset: bigint; readonly semaphore: bigint }[];
      readonly isUsdt: boolean;
    };

/**
 * The places that a pattern means, by name. Each is there once: aliases of a function share a place, and the first name
 * counts.
 *
 * @throws SkepError SKEP_ATTACH naming what is near, when there is none.
 */
export function findTargets(pattern: Pattern, pid?: number): Target[] {
  const found =
    pattern.kind === 't' ? events(pattern) : pattern.library === '' ? symbols(pattern) : inFile(pattern, pid);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function events(pattern: Pattern): Target[] {
  const all = tracepoints();
  const names = all.filter(pattern.matches);
  if (names.length === 0) {
    const near = nearest(pattern.name, all);
    const remedy = near === undefined ? resembling(pattern.name) : `did you mean "t:${near}"?`;
    throw new SkepError('SKEP_ATTACH', `no tracepoint of this kernel matches ${pattern.name}`, remedy);
  }
  return names.map((name) => {
    const [category = '', event = ''] = name.split(':');
    return { kind: 'tracepoint', name, category, event };
  });
}

function symbols(pattern: Pattern): Target[] {
  const all = kernelFunctions();
  // A kernel that does not show its functions may still know this one.
  if (pattern.isExact) {
    const symbol = kernelName(pattern.name);
    if (all.size > 0 && !all.has(symbol)) {
      throw new SkepError('SKEP_ATTACH', `no kernel function "${pattern.name}" can be probed`, similarFunction(symbol));
    }
    return [{ kind: 'kernel', name: symbol, symbol }];
  }
  const names = [...all].filter(pattern.matches);
  if (names.length === 0) {
    throw new SkepError('SKEP_ATTACH', `no kernel function matches ${pattern.name}`, resembling(pattern.name));
  }
  return names.map((symbol) => ({ kind: 'kernel', name: symbol, symbol }));
}

function inFile(pattern: Pattern, pid: number | undefined): Target[] {
  const path = libraryFile(pattern.library, pid);
  const file = new ElfFile(path);
  try {
    return pattern.kind === 'u' ? probes(pattern, path, file) : functions(pattern, path, file);
  } finally {
    file.close();
  }
}

function functions(pattern: Pattern, path: string, file: ElfFile): Target[] {
  const all = file.functions();
  const byPlace = new Map<bigint, Target>();
  for (const { name, offset } of all.filter((one) => pattern.matches(one.name))) {
    if (byPlace.has(offset)) continue;
    const places = [{ offset, semaphore: 0n }];
    byPlace.set(offset, { kind: 'user', name, path, places, isUsdt: false });
  }
  if (byPlace.size > 0) return [...byPlace.values()];
  const names = all.map(({ name }) => name);
  const remedy = pattern.isExact ? suggest(pattern.name, names) : '';
  throw new SkepError('SKEP_ATTACH', `no function of ${path} matches ${pattern.name}`, remedy);
}

function probes(pattern: Pattern, path: string, file: ElfFile): Target[] {
  const all = usdtNotes(file);
  const wanted = all.filter((note) => pattern.matches(note.name) || pattern.matches(`${note.provider}:${note.name}`));
  const byName = new Map<string, UsdtNote[]>();
  for (const note of wanted) {
    const name = `${note.provider}:${note.name}`;
    byName.set(name, [...(byName.get(name) ?? []), note]);
  }
  if (byName.size === 0) {
    const names = [...new Set(all.map(({ name }) => name))];
    const remedy = names.length === 0 ? 'it carries none at all' : suggest(pattern.name, names);
    throw new SkepError('SKEP_ATTACH', `no USDT probe of ${path} matches ${pattern.name}`, remedy);
  }
  return [...byName].map(([name, notes]) => ({
    ...{ kind: 'user', name, path, isUsdt: true },
    places: notes.map(({ offset, semaphoreOffset }) => ({ offset, semaphore: semaphoreOffset })),
  }));
}

/** Whether an error says that a place cannot be probed, so that the others still can. */
export function isRefusal(error: unknown): boolean {
  return isSkepError(error) && error.code === 'SKEP_ATTACH';
}
