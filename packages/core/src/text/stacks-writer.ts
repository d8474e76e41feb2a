import { type Batch, valueAt } from '../batch.js';
import { framesList } from '../meanings/frames.js';
import type { Schema, StacksLayout } from '../schema.js';
import { appendByte, appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { findField } from './fields.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { tableStyle } from './table-style.js';
import type { BatchWriter } from './writer.js';
import type { WriterOptions } from './writer-options.js';

const SEPARATOR = 0x2d;
const utf8 = new TextEncoder();

/** Where the parts of a stack are among the columns. */
class StackColumns {
  readonly frames: number;
  readonly count: number;
  readonly name: number;
  readonly id: number;

  constructor(schema: Schema, layout: StacksLayout) {
    const indexOf = (field: string) => findField(schema, field).index;
    this.frames = indexOf(layout.frames);
    this.count = indexOf(layout.count);
    this.name = indexOf(layout.name);
    this.id = indexOf(layout.id);
  }
}

function appendVisible(out: ByteBuffer, bytes: Uint8Array): void {
  tableStyle.text(out, bytes, 0, bytes.length);
}

/** Stacks as BCC's tools print them: the innermost frame first, then the task, and below both what the stack weighs. */
export class StacksWriter extends SnapshotWriter {
  private readonly layout: StacksLayout;
  private readonly columns: StackColumns;

  constructor(schema: Schema, layout: StacksLayout, options: WriterOptions) {
    super(schema, options);
    this.layout = layout;
    this.columns = new StackColumns(schema, layout);
  }

  protected override rows(batch: Batch, out: ByteBuffer): void {
    const { frames, count, name, id } = this.columns;
    for (let row = 0; row < batch.rows; row++) {
      this.stack(out, valueAt(batch.columns[frames]!, row) as Uint8Array);
      appendText(out, '    -                ');
      appendVisible(out, valueAt(batch.columns[name]!, row) as Uint8Array);
      appendText(out, ` (${valueAt(batch.columns[id]!, row)})\n`);
      appendText(out, `        ${valueAt(batch.columns[count]!, row)}\n\n`);
    }
  }

  private stack(out: ByteBuffer, bytes: Uint8Array): void {
    for (const frame of framesList(bytes).toReversed()) {
      appendText(out, '    ');
      if (this.layout.isDelimited && frame.length === 1 && frame[0] === SEPARATOR) appendText(out, '--');
      else appendVisible(out, frame);
      appendByte(out, 0x0a);
    }
  }
}

/** A line per stack, as flame graph programs read it: task, frames from the root, a blank, the weight. */
export class FoldedWriter implements BatchWriter {
  private readonly columns: StackColumns;

  constructor(schema: Schema, layout: StacksLayout) {
    this.columns = new StackColumns(schema, layout);
  }

  begin(): void {}

  write(batch: Batch, out: ByteBuffer): void {
    const { frames, count, name } = this.columns;
    for (let row = 0; row < batch.rows; row++) {
      appendVisible(out, withoutSeparator(valueAt(batch.columns[name]!, row) as Uint8Array));
      const stack = valueAt(batch.columns[frames]!, row) as Uint8Array;
      if (stack.length > 0) appendByte(out, 0x3b);
      appendVisible(out, stack);
      appendText(out, ` ${valueAt(batch.columns[count]!, row)}\n`);
    }
  }
}

/** A task may call itself `a;b`. */
function withoutSeparator(name: Uint8Array): Uint8Array {
  return name.includes(0x3b) ? utf8.encode(new TextDecoder().decode(name).replaceAll(';', ':')) : name;
}
