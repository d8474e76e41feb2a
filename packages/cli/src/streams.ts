import { SkepError } from '@skep/core';
import { reportError } from './report.js';

let sinksOwnOutput = false;

/**
 * What happens when standard output or standard error can no longer be written to. A reader that has left is no fault
 * (`skep list | head -1`); anything else, such as a full disk, is.
 */
export function guardStreams(): void {
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (sinksOwnOutput) return;
    if (cause.code === 'EPIPE') process.exit();
    reportError(new SkepError('SKEP_SINK', `cannot write to standard output: ${cause.message}`, '', { cause }));
    process.exit();
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => undefined);
}

/** From here on a sink writes to standard output and hears of its errors; the agent decides what follows. */
export function leaveOutputToSinks(): void {
  sinksOwnOutput = true;
}
