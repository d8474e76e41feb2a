import type { Batch } from '../batch.js';
import type { Schema } from '../schema.js';
import { appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { appendSnapshotEnd, appendSnapshotHead } from './snapshot-lines.js';
import { visibleText } from './visible.js';
import type { BatchWriter } from './writer.js';
import type { WriterOptions } from './writer-options.js';

/** Writes snapshots, one after the other: the banner once, and what the layout asks for around the rows of each. */
export abstract class SnapshotWriter implements BatchWriter {
  protected readonly schema: Schema;
  protected readonly options: WriterOptions;

  constructor(schema: Schema, options: WriterOptions) {
    this.schema = schema;
    this.options = options;
  }

  begin(out: ByteBuffer): void {
    appendBanner(out, this.schema, this.options);
  }

  write(batch: Batch, out: ByteBuffer): void {
    appendSnapshotHead(out, this.schema.layout, batch.snapshot, this.options);
    this.rows(batch, out);
    appendSnapshotEnd(out, batch.snapshot);
  }

  protected abstract rows(batch: Batch, out: ByteBuffer): void;
}

/** The banner of a layout on its line, unless headers are off. */
export function appendBanner(out: ByteBuffer, schema: Schema, { headers = true }: WriterOptions): void {
  if (headers && schema.layout.banner) appendText(out, `${visibleText(schema.layout.banner)}\n`);
}
