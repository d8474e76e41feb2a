/** Call `stop` at the first Ctrl-C or SIGTERM; leave at once at the second. Returns what undoes it. */
export function onStopSignals(stop: () => void): () => void {
  let stopped = false;
  const handler = (): void => {
    if (stopped) process.exit(130);
    stopped = true;
    stop();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}
