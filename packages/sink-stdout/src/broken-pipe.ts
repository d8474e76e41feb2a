/**
 * Whether an error says that the reader closed its end of the pipe (`skep opensnoop | head`): the error itself, or any
 * `cause` below it. The program then ends quietly: everyone who wanted the output has it.
 */
export function isBrokenPipe(error: unknown): boolean {
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return true;
    error = error.cause;
  }
  return false;
}
