import type { Batch } from '../batch.js';
import type { Schema } from '../schema.js';
import { appendText, encode } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { DelimitedLines } from './delimited-line.js';
import { appendBanner, SnapshotWriter } from './snapshot-writer.js';
import { prepareColumns } from './table-columns.js';
import { AlignedLines, type LineWriter } from './table-line.js';
import { TemplateLines } from './template-lines.js';
import type { BatchWriter } from './writer.js';
import type { WriterOptions } from './writer-options.js';

/**
 * A text table in the layout of BCC's tool. Events: the header once, then a line per row. Snapshots: a blank line (or
 * a cleared terminal), the lines the layout asks for, the header and the rows, for each.
 *
 * For people: texts are made safe for a terminal and otherwise left alone, so two different texts may look the same.
 *
 * @throws SkepError SKEP_OPTION when `options.fields` or the layout names a field the schema does not have.
 */
export function createTableWriter(schema: Schema, options: WriterOptions = {}): BatchWriter {
  const { separator, line } = schema.layout;
  if (line !== undefined && !options.fields) {
    return new SnapshotTable(schema, new TemplateLines(schema, line, options), { ...options, color: false });
  }
  const columns = prepareColumns(schema, options);
  const lines = separator === undefined ? new AlignedLines(columns) : new DelimitedLines(columns, encode(separator));
  return schema.shape === 'events' ? new EventTable(schema, lines, options) : new SnapshotTable(schema, lines, options);
}

function appendHeader(out: ByteBuffer, lines: LineWriter, { headers = true, color = false }: WriterOptions): void {
  if (!headers) return;
  if (color) appendText(out, '\x1b[1m');
  lines.header(out);
  if (!color) return;
  out.length--;
  appendText(out, '\x1b[0m\n');
}

class EventTable implements BatchWriter {
  private readonly schema: Schema;
  private readonly lines: LineWriter;
  private readonly options: WriterOptions;

  constructor(schema: Schema, lines: LineWriter, options: WriterOptions) {
    this.schema = schema;
    this.lines = lines;
    this.options = options;
  }

  begin(out: ByteBuffer): void {
    appendBanner(out, this.schema, this.options);
    appendHeader(out, this.lines, this.options);
  }

  write(batch: Batch, out: ByteBuffer): void {
    this.lines.rows(batch, out);
  }
}

class SnapshotTable extends SnapshotWriter {
  private readonly lines: LineWriter;

  constructor(schema: Schema, lines: LineWriter, options: WriterOptions) {
    super(schema, options);
    this.lines = lines;
  }

  protected override rows(batch: Batch, out: ByteBuffer): void {
    appendHeader(out, this.lines, this.options);
    this.lines.rows(batch, out);
  }
}
