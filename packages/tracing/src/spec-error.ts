import { SkepError } from '@skep/core';

/**
 * A mistake in a specifier, shown under its place.
 *
 * @param at the first character that is wrong, from 0
 */
export function specError(spec: string, at: number, length: number, message: string, remedy = ''): SkepError {
  const column = Math.min(Math.max(at, 0), spec.length) + 1;
  return new SkepError('SKEP_OPTION', message, remedy, {
    location: { file: 'probe', line: 1, column, text: spec, length: Math.max(1, length) },
  });
}
