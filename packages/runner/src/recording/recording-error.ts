import { SkepError } from '@skep/core';

/** What is wrong with the recording `path`. */
export function recordingError(path: string, what: string, remedy = ''): SkepError {
  return new SkepError('SKEP_RECORDING', `cannot replay ${path}: ${what}`, remedy);
}
