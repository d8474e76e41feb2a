/** Signals that come closer together are one wish to stop: timeout(1) sends its signal twice, to the process and its group. */
const SAME_WISH_MS = 200;

/** Call `stop` at the first Ctrl-C or SIGTERM; leave at once at the second. Returns what undoes it. */
export function onStopSignals(stop: () => void): () => void {
  let stoppedAt: number | undefined;
  const handler = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (stoppedAt !== undefined) {
      if (now - stoppedAt < SAME_WISH_MS) return;
      process.exit(130);
    }
    stoppedAt = now;
    // The terminal has written ^C; what follows gets a line of its own.
    if (signal === 'SIGINT' && process.stderr.isTTY) process.stderr.write('\n');
    stop();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}
