import type { Batch } from './batch.js';
import type { Schema } from './schema.js';

/** A step between probe and sink. It may return the batch it got, or one of its own memory. */
export interface Processor {
  /** The schema of what comes out, given what goes in. */
  schema(input: Schema): Schema;
  process(batch: Batch): Batch;
}
