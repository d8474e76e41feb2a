import type { StoreProgress } from '@skep/core';

/** A line on standard error that says how far a statement is; written anew, and gone at the end. */
export interface ProgressLine {
  readonly show: ((progress: StoreProgress) => void) | undefined;
  clear(): void;
}

/** On a terminal only. */
export function progressLine(): ProgressLine {
  if (!process.stderr.isTTY) return { show: undefined, clear: () => undefined };
  let isShown = false;
  return {
    show({ rows, total, elapsedMs }) {
      const share = total > 0 ? `, ${Math.min(100, Math.floor((rows / total) * 100))} %` : '';
      const seconds = (elapsedMs / 1000).toFixed(1);
      process.stderr.write(`\r\x1b[K${shortNumber(rows)} rows read${share}, ${seconds} s; Ctrl-C ends`);
      isShown = true;
    },
    clear() {
      if (isShown) process.stderr.write('\r\x1b[K');
      isShown = false;
    },
  };
}

function shortNumber(n: number): string {
  if (n < 10_000) return String(n);
  return n < 10_000_000 ? `${Math.round(n / 1000)} k` : `${Math.round(n / 1e6)} M`;
}
