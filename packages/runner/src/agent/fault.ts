import { isSkepError, SkepError } from '@skep/core';

/** What code of a package threw, named after its instance; an error of skep's own kind says enough by itself. */
export function faultOf(owner: string, cause: unknown): SkepError {
  if (isSkepError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const details = cause instanceof Error && cause.stack !== undefined ? { details: cause.stack } : {};
  return new SkepError('SKEP_PLUGIN', `${owner} failed: ${reason}`, 'tell its author', { cause, ...details });
}

/** Run code of a package. @throws SkepError as `faultOf`. */
export function fenced<T>(owner: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw faultOf(owner, cause);
  }
}

/** The same of what settles later. */
export async function fencedAsync<T>(owner: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw faultOf(owner, cause);
  }
}
