import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SkepError } from '@skep/core';

const FOLDERS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Where tracefs can be read. @throws SkepError SKEP_TRACEFS when it is not mounted, or not for this user. */
export function tracefsFolder(): string {
  const found = FOLDERS.find((folder) => folders(join(folder, 'events')).length > 0);
  if (found !== undefined) return found;
  const remedy = 'as root: mount -t tracefs tracefs /sys/kernel/tracing';
  throw new SkepError('SKEP_TRACEFS', 'tracefs cannot be read: it is not mounted, or not for this user', remedy);
}

/** The kernel's tracepoints as `category:event`. */
export function tracepointNames(tracefs: string): string[] {
  const events = join(tracefs, 'events');
  return folders(events).flatMap((category) => folders(join(events, category)).map((event) => `${category}:${event}`));
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
  } catch {
    return [];
  }
}

/** The members of an event by its format file, as C declares them; those that every event has are left out. */
export function eventFields(format: string): string[] {
  return [...format.matchAll(/^\tfield:(.*?);\toffset:/gm)]
    .map(([, declaration = '']) => declaration)
    .filter((declaration) => !/\bcommon_\w+$/.test(declaration));
}
