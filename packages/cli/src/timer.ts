import { parseDuration, SkepError } from '@skep/core';

/** What a timer of Node holds; a longer one would ring at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The value of `--duration` in milliseconds.
 *
 * @throws SkepError SKEP_USAGE when it is no time, not above 0, or too long for a timer.
 */
export function readDuration(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= MAX_TIMER_MS) return ms;
  throw new SkepError('SKEP_USAGE', `${flag}: expected a time above 0 and up to 24d, such as 10s, got "${text}"`);
}
