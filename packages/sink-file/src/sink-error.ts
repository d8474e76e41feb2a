import { isSkepError, SkepError } from '@skep/core';

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space; later batches are tried again',
  EDQUOT: 'raise the quota or free some space; later batches are tried again',
  EACCES: 'let the user skep runs as write to this folder, or choose another path',
  EPERM: 'let the user skep runs as write to this folder, or choose another path',
  EROFS: 'choose a path on a file system that can be written',
  ENOTDIR: 'a part of the path is a file: choose another path',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  EPIPE: 'start the program that reads this FIFO; later batches are tried again',
};

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EPIPE: 'nobody reads it any more',
};

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** `cause` as a SKEP_SINK error that says what was tried, such as `write to /var/log/events.jsonl`. */
export function sinkError(sink: string, doing: string, cause: unknown): SkepError {
  if (isSkepError(cause)) return cause;
  const code = errnoOf(cause) ?? '';
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new SkepError('SKEP_SINK', `${sink}: cannot ${doing}: ${reason}`, REMEDIES[code] ?? '', { cause });
}

/** `work`, whose failure becomes a SKEP_SINK error. */
export async function attempt<T>(sink: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw sinkError(sink, doing, cause);
  }
}
