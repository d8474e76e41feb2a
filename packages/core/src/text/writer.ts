import type { Batch } from '../batch.js';
import type { ByteBuffer } from './byte-buffer.js';

/** Turns the batches of one stream into text, a row at a time for events, a snapshot at a time for the other shapes. */
export interface BatchWriter {
  /** Append what stands before the first row of an output: a CSV or table header; nothing for JSON. */
  begin(out: ByteBuffer): void;
  /** Append the rows of `batch`. One event is one line whatever its texts hold. */
  write(batch: Batch, out: ByteBuffer): void;
}
