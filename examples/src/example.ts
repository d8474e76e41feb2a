import { exitCodeOf, formatError } from '@skep/core';

/** Run an example until Ctrl-C; what goes wrong is a message, and an exit code. */
export async function example(main: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  try {
    await main(stop.signal);
  } catch (error) {
    console.error(formatError(error));
    process.exitCode = exitCodeOf(error);
  }
}

/** A line of columns; names of processes may hold anything, so control characters are shown. */
export function line(...columns: readonly (readonly [value: string | number | bigint, width: number])[]): string {
  const visible = (text: string) =>
    text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return columns
    .map(([value, width]) => visible(String(value)).padEnd(width))
    .join(' ')
    .trimEnd();
}
