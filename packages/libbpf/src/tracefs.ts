import { existsSync, readFileSync, statSync } from 'node:fs';
import { SkepError } from '@skep/core';
import { describeErrno, EACCES, EPERM } from './errno.js';
import { errno, libc } from './native/libc.js';

const TRACEFS = '/sys/kernel/tracing';
const DEBUGFS_TRACEFS = '/sys/kernel/debug/tracing';

/**
 * The folder of tracefs, mounted if it is not yet: tracepoints are looked up there by name.
 *
 * @throws SkepError SKEP_PERMISSION when this user may neither read nor mount it, SKEP_TRACEFS when it is not mounted
 *   and cannot be.
 */
export function ensureTracefs(): string {
  const found = findTracefs();
  if (found !== undefined) return found;
  if (!existsSync(TRACEFS)) {
    throw new SkepError('SKEP_TRACEFS', `this kernel has no ${TRACEFS}`, 'use a kernel with CONFIG_FTRACE=y');
  }
  if (isTracefsMounted()) {
    throw new SkepError('SKEP_PERMISSION', 'tracefs cannot be read by this user', 'run as root');
  }
  if (libc().mount('tracefs', TRACEFS, 'tracefs', 0, null) === 0) return TRACEFS;
  const code = errno();
  if (code === EPERM || code === EACCES) {
    throw new SkepError(
      'SKEP_PERMISSION',
      'tracefs is not mounted, and cannot be mounted by this user: CAP_SYS_ADMIN is missing',
      `run as root, or let it be mounted before: mount -t tracefs tracefs ${TRACEFS}`,
    );
  }
  throw new SkepError(
    'SKEP_TRACEFS',
    `tracefs is not mounted, and mounting it failed: ${describeErrno(code)}`,
    `as root: mount -t tracefs tracefs ${TRACEFS}`,
  );
}

/** Whether tracefs is mounted at all, readable for this user or not. */
export function isTracefsMounted(): boolean {
  return readFileSync('/proc/self/mounts', 'latin1')
    .split('\n')
    .some((line) => line.split(' ')[2] === 'tracefs');
}

/** Where tracefs is mounted and readable; undefined when it is neither. */
export function findTracefs(): string | undefined {
  return [TRACEFS, DEBUGFS_TRACEFS].find((folder) => canReach(`${folder}/events`));
}

/** access(2), which existsSync asks, judges by the real user and ignores CAP_DAC_READ_SEARCH; stat(2) does not. */
function canReach(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Sections whose programs are attached through tracefs. */
export function needsTracefs(section: string): boolean {
  return /^(tp|tracepoint)\//.test(section);
}
