import type { Snapshot } from '../batch.js';
import type { Layout } from '../schema.js';
import { appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { clockText } from './time-cells.js';
import { visibleText } from './visible.js';
import type { WriterOptions } from './writer-options.js';

/** Cursor home, and erase what is below: the rows come in place of the last snapshot's. */
const CLEAR = '\x1b[H\x1b[J';

/** Said under a snapshot whose map refused entries, since the numbers above it look complete. */
const INCOMPLETE = '(incomplete: the kernel map was full and refused entries, some keys are missing)\n';

/**
 * Append what BCC's tools print above each snapshot: a blank line, a heading or a cleared screen, the time, the load average.
 * Without headers only the lines that the tool's options asked for.
 */
export function appendSnapshotHead(
  out: ByteBuffer,
  layout: Layout,
  snapshot: Snapshot | undefined,
  options: WriterOptions,
): void {
  const { headers = true, terminal = false } = options;
  const clock = snapshot ? clockText(new Date(Number(snapshot.timeNs / 1_000_000n))) : undefined;
  if (layout.clear && terminal) appendText(out, CLEAR);
  else if (headers && layout.heading === undefined) appendText(out, '\n');
  if (layout.heading && clock && headers) {
    appendText(out, `[${clock}] ${visibleText(layout.heading)}\n`);
  }
  if (layout.timestamp && clock) appendText(out, `${clock}\n`);
  // /proc/loadavg ends with a line feed and print() adds one, hence the blank line in BCC's output.
  if (layout.loadavg && clock && headers && options.loadavg) {
    appendText(out, `${clock} loadavg: ${visibleText(options.loadavg().trimEnd())}\n\n`);
  }
}

export function appendSnapshotEnd(out: ByteBuffer, snapshot: Snapshot | undefined): void {
  if (snapshot?.complete === false) appendText(out, INCOMPLETE);
}
