import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough for the busiest machine: a condition that never comes is a failure, one that comes late is not. */
export const PATIENCE_MS = 90_000;

/**
 * Wait until `condition` gives something other than undefined or false, and return that.
 *
 * @throws Error that names `what` and ends with `evidence()` when it does not within `timeoutMs`.
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  evidence: () => string = () => '',
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`waited in vain until ${what}\n${evidence()}`);
    await sleep(20);
  }
}
