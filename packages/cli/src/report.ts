import { exitCodeOf, formatError, isSkepError } from '@skep/core';
import { visibleMessage } from './visible.js';

/** Say what failed, on standard error, and set the exit code. A stack trace is shown for skep's own bugs, on request. */
export function reportError(error: unknown): void {
  printError(error);
  if (!isSkepError(error) && process.env.SKEP_DEBUG) process.stderr.write(`${(error as Error)?.stack ?? ''}\n`);
  process.exitCode = exitCodeOf(error);
}

export function printError(error: unknown): void {
  process.stderr.write(`${visibleMessage(formatError(error))}\n`);
}
