import { type Batch, selectRows } from '@skep/core';
import { bytesColumn } from './bytes-column.js';

/** Values that are remembered; when there are more, all are forgotten, and written once more when they come again. */
const REMEMBERED = 65_536;
const DAY_MS = 86_400_000;

/** Rows whose value was not seen today: the first of each distinct stack, once a day and process. */
export class NewRows {
  private readonly index: number;
  private readonly nowMs: () => number;
  private readonly known = new Set<string>();
  private day = 0;

  constructor(index: number, nowMs: () => number = Date.now) {
    this.index = index;
    this.nowMs = nowMs;
  }

  select(batch: Batch): Batch {
    const day = Math.floor(this.nowMs() / DAY_MS);
    if (day !== this.day) this.known.clear();
    this.day = day;
    const column = bytesColumn(batch.columns, this.index);
    const keep = new Uint8Array(batch.rows);
    for (let r = 0, start = 0; r < batch.rows; r++) {
      const key = Buffer.from(column.data.buffer, column.data.byteOffset + start, column.ends[r]! - start).toString(
        'latin1',
      );
      start = column.ends[r]!;
      if (this.known.has(key)) continue;
      if (this.known.size >= REMEMBERED) this.known.clear();
      this.known.add(key);
      keep[r] = 1;
    }
    return selectRows(batch, keep);
  }
}
