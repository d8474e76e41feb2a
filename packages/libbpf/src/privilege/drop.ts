import { type Capability, SkepError } from '@skep/core';
import { Threads, threadIds } from '../native/threads.js';
import { type Credentials, capsetWords, maskOf, readCredentials } from './capabilities.js';

/** A user to become. */
export interface Account {
  /** Undefined for a uid without a name: it is in no group but `gid`. */
  readonly name: string | undefined;
  readonly uid: number;
  readonly gid: number;
}

/** Node has it since 0.9; its types do not. */
type WithGroups = typeof process & { initgroups(user: string, extraGroup: number): void };

const PR_SET_KEEPCAPS = 8;
const PR_SET_NO_NEW_PRIVS = 38;

/**
 * Give up, on every thread and for good: all capabilities but `keep`, the user (when another is named), and the right to
 * gain privileges by running a program. What was done is read back from `/proc/self/task`.
 *
 * Threads that libuv and V8 started hold capabilities of their own, so a drop on the main thread alone would leave them
 * to whoever gets code to run on another.
 *
 * @throws SkepError SKEP_PERMISSION when a thread has kept something; nothing may be run then.
 */
export function dropPrivileges(keep: readonly Capability[], user?: Account): void {
  const kept = maskOf(keep) & readCredentials().permitted;
  const threads = new Threads();
  try {
    if (user) become(user, kept !== 0n, threads);
    const { header, data } = capsetWords(kept);
    for (const [i, word] of [...header, ...data].entries()) threads.memory.setUint32(i * 4, word, true);
    threads.call('capset', threads.pointer, threads.pointer + 8n);
    threads.call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  } finally {
    threads.close();
  }
  for (const thread of threadIds()) verify(thread, kept, user);
}

/** The C library changes user and groups on every thread. */
function become({ name, uid, gid }: Account, keepsSome: boolean, threads: Threads): void {
  // The kernel takes all capabilities from who stops being root, unless told not to.
  if (keepsSome) threads.call('prctl', PR_SET_KEEPCAPS, 1, 0, 0, 0);
  try {
    if (name === undefined) process.setgroups!([gid]);
    else (process as WithGroups).initgroups(name, gid);
    process.setgid!(gid);
    process.setuid!(uid);
  } catch (cause) {
    const remedy = 'start skep as root, or as that user without agent.user';
    throw new SkepError('SKEP_PERMISSION', `cannot become ${name ?? uid}: ${(cause as Error).message}`, remedy, {
      cause,
    });
  }
}

function verify(thread: string, kept: bigint, user: Account | undefined): void {
  const credentials = credentialsOf(thread);
  if (!credentials) return;
  const { permitted, effective, noNewPrivs, uids } = credentials;
  const isUser = user === undefined || uids.every((uid) => uid === user.uid);
  if (permitted === kept && effective === kept && noNewPrivs && isUser) return;
  throw new SkepError(
    'SKEP_PERMISSION',
    `thread ${thread} of skep has kept privileges it was to drop`,
    'set agent.privileges to keep, or start skep with --keep-privileges',
  );
}

/** Undefined for a thread that has ended meanwhile. */
function credentialsOf(thread: string): Credentials | undefined {
  try {
    return readCredentials(`/proc/self/task/${thread}/status`);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
