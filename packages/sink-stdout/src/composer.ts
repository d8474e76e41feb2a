import { type Batch, type BatchWriter, type ByteBuffer, createWriter, type Schema, type TextFormat } from '@skep/core';
import type { StreamWriterOptions } from './stream-writers.js';

/** Puts the texts of several streams into one output. */
export interface Composer {
  /** Append what is wanted before the first row: whoever waits for one sees that the tool is at work. */
  start(out: ByteBuffer): void;
  /** Append the text of `batch`, with what must stand before it at this place. */
  append(batch: Batch, out: ByteBuffer): void;
}

/**
 * One stream's text after the other's as they come. Where the stream changes, what begins its output stands again: the
 * header line of its CSV, nothing for JSON and logfmt. Tables say it once: they repeat their own headers.
 */
export class SequentialComposer implements Composer {
  private readonly writers = new Map<Schema, BatchWriter>();
  private readonly create: (schema: Schema) => BatchWriter;
  private readonly format: TextFormat;
  private readonly begun = new Set<Schema>();
  private last: Schema | undefined;

  constructor(format: TextFormat, schemas: readonly Schema[], options: StreamWriterOptions) {
    this.format = format;
    this.create = (schema) => createWriter(format, schema, options(schema));
    for (const schema of schemas) this.writers.set(schema, this.create(schema));
  }

  start(out: ByteBuffer): void {
    if (this.format === 'table' || this.writers.size === 1) {
      for (const [schema, writer] of this.writers) this.begin(schema, writer, out);
    }
  }

  append(batch: Batch, out: ByteBuffer): void {
    const { schema } = batch;
    let writer = this.writers.get(schema);
    if (writer === undefined) this.writers.set(schema, (writer = this.create(schema)));
    this.begin(schema, writer, out);
    writer.write(batch, out);
  }

  private begin(schema: Schema, writer: BatchWriter, out: ByteBuffer): void {
    const isBegun = this.format === 'table' ? this.begun.has(schema) : schema === this.last;
    if (!isBegun) writer.begin(out);
    this.begun.add(schema);
    this.last = schema;
  }
}
