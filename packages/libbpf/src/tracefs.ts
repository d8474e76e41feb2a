import { existsSync } from 'node:fs';
import { SkepError } from '@skep/core';
import { describeErrno } from './errno.js';
import { errno, libc } from './native/libc.js';

const TRACEFS = '/sys/kernel/tracing';
const DEBUGFS_TRACEFS = '/sys/kernel/debug/tracing';

/**
 * The folder of tracefs, mounted if it is not yet: tracepoints are looked up there by name.
 *
 * @throws SkepError SKEP_TRACEFS when it is not mounted and cannot be.
 */
export function ensureTracefs(): string {
  const found = findTracefs();
  if (found !== undefined) return found;
  if (existsSync(TRACEFS) && libc().mount('tracefs', TRACEFS, 'tracefs', 0, null) === 0) return TRACEFS;
  const reason = existsSync(TRACEFS) ? describeErrno(errno()) : `this kernel has no ${TRACEFS}`;
  throw new SkepError(
    'SKEP_TRACEFS',
    `tracefs is not mounted, and mounting it failed: ${reason}`,
    `as root: mount -t tracefs tracefs ${TRACEFS}`,
  );
}

/** Where tracefs is mounted and readable; undefined when it is neither. */
export function findTracefs(): string | undefined {
  return [TRACEFS, DEBUGFS_TRACEFS].find((folder) => existsSync(`${folder}/events`));
}

/** Sections whose programs are attached through tracefs. */
export function needsTracefs(section: string): boolean {
  return /^(tp|tracepoint)\//.test(section);
}
