import { type Batch, valueAt } from '../batch.js';
import { framesList } from '../meanings/frames.js';
import type { Schema, StacksLayout, StacksLook } from '../schema.js';
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
  /** -1: the rows have no such column. */
  readonly name: number;
  readonly id: number;

  constructor(schema: Schema, layout: StacksLayout) {
    const indexOf = (field: string | undefined) => (field === undefined ? -1 : findField(schema, field).index);
    this.frames = indexOf(layout.frames);
    this.count = indexOf(layout.count);
    this.name = indexOf(layout.name);
    this.id = indexOf(layout.id);
  }
}

interface Look {
  readonly frame: string;
  readonly separator: string;
  readonly count: string;
  readonly beforeName: string;
  readonly idIn: readonly [string, string];
}

const LOOKS: Readonly<Record<StacksLook, Look>> = {
  wide: {
    ...{ frame: '    ', separator: '    --', count: '        ' },
    ...{ beforeName: '    -                ', idIn: ['(', ')'] },
  },
  narrow: {
    ...{ frame: '  ', separator: '    --', count: '    ' },
    ...{ beforeName: '    ', idIn: ['[', ']'] },
  },
};

function appendVisible(out: ByteBuffer, bytes: Uint8Array): void {
  tableStyle.text(out, bytes, 0, bytes.length);
}

/** Stacks as BCC's tools print them: the innermost frame first, then the task, and below both what the stack weighs. */
export class StacksWriter extends SnapshotWriter {
  private readonly layout: StacksLayout;
  private readonly columns: StackColumns;
  private readonly look: Look;

  constructor(schema: Schema, layout: StacksLayout, options: WriterOptions) {
    super(schema, options);
    this.layout = layout;
    this.look = LOOKS[layout.look];
    this.columns = new StackColumns(schema, layout);
  }

  protected override rows(batch: Batch, out: ByteBuffer): void {
    const { frames, count, name, id } = this.columns;
    const hasTask = this.layout.hasTask && name >= 0 && id >= 0;
    for (let row = 0; row < batch.rows; row++) {
      this.stack(out, valueAt(batch.columns[frames]!, row) as Uint8Array);
      if (hasTask) this.task(out, valueAt(batch.columns[name]!, row) as Uint8Array, valueAt(batch.columns[id]!, row));
      appendText(out, `${this.look.count}${valueAt(batch.columns[count]!, row)}\n\n`);
    }
  }

  private task(out: ByteBuffer, name: Uint8Array, id: unknown): void {
    const { beforeName, idIn } = this.look;
    appendText(out, beforeName);
    appendVisible(out, name);
    appendText(out, ` ${idIn[0]}${id}${idIn[1]}\n`);
  }

  private stack(out: ByteBuffer, bytes: Uint8Array): void {
    for (const frame of framesList(bytes).toReversed()) {
      if (this.layout.isDelimited && frame.length === 1 && frame[0] === SEPARATOR) {
        appendText(out, this.look.separator);
      } else {
        appendText(out, this.look.frame);
        appendVisible(out, frame);
      }
      appendByte(out, 0x0a);
    }
  }
}

/** A line per stack, as flame graph programs read it: the task if it is known, frames from the root, a blank, the weight. */
export class FoldedWriter implements BatchWriter {
  private readonly columns: StackColumns;

  constructor(schema: Schema, layout: StacksLayout) {
    this.columns = new StackColumns(schema, layout);
  }

  begin(): void {}

  write(batch: Batch, out: ByteBuffer): void {
    const { frames, count, name } = this.columns;
    for (let row = 0; row < batch.rows; row++) {
      if (name >= 0) appendVisible(out, withoutSeparator(valueAt(batch.columns[name]!, row) as Uint8Array));
      const stack = valueAt(batch.columns[frames]!, row) as Uint8Array;
      if (name >= 0 && stack.length > 0) appendByte(out, 0x3b);
      appendVisible(out, stack);
      appendText(out, ` ${valueAt(batch.columns[count]!, row)}\n`);
    }
  }
}

/** A task may call itself `a;b`. */
function withoutSeparator(name: Uint8Array): Uint8Array {
  return name.includes(0x3b) ? utf8.encode(new TextDecoder().decode(name).replaceAll(';', ':')) : name;
}
