import { type Batch, type BatchWriter, type ByteBuffer, createWriter, type Schema, type TextFormat } from '@skep/core';
import type { StreamWriterOptions } from './stream-writers.js';

/** Puts the texts of several streams into one output. */
export interface Composer {
  /** Append the text of `batch`, with what must stand before it at this place. */
  append(batch: Batch, out: ByteBuffer): void;
}

/**
 * One stream's text after the other's as they come. Where the stream changes, what begins its output stands again: the
 * header line of its CSV, nothing for JSON and logfmt.
 */
export class SequentialComposer implements Composer {
  private readonly writers = new Map<Schema, BatchWriter>();
  private readonly create: (schema: Schema) => BatchWriter;
  private last: Schema | undefined;

  constructor(format: TextFormat, schemas: readonly Schema[], options: StreamWriterOptions) {
    this.create = (schema) => createWriter(format, schema, options(schema));
    for (const schema of schemas) this.writers.set(schema, this.create(schema));
  }

  append(batch: Batch, out: ByteBuffer): void {
    const { schema } = batch;
    let writer = this.writers.get(schema);
    if (writer === undefined) this.writers.set(schema, (writer = this.create(schema)));
    if (schema !== this.last) writer.begin(out);
    this.last = schema;
    writer.write(batch, out);
  }
}
