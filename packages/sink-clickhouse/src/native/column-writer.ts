import type { Batch } from '@skep/core';

/** Collects one column of a block. `add` copies: the batch's memory is free once it returns. */
export interface ColumnWriter {
  /** @param firstSequence sequence of the batch's first row */
  add(batch: Batch, firstSequence: bigint): void;
  readonly bytes: number;
  /** The column's data as it comes after its name and type; the writer is empty then. */
  take(): Uint8Array[];
  /** Nobody reads what was taken last any more: its memory may be used again. */
  giveBack(): void;
}
