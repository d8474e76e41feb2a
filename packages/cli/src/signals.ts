/** Call `stop` at the first Ctrl-C or SIGTERM; leave at once at the second. Returns what undoes it. */
export function onStopSignals(stop: () => void): () => void {
  let stopped = false;
  const handler = (signal: NodeJS.Signals): void => {
    if (stopped) process.exit(130);
    stopped = true;
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
