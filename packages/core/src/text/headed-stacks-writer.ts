import { type Batch, valueAt } from '../batch.js';
import { framesList } from '../meanings/frames.js';
import type { Schema, StacksLayout } from '../schema.js';
import { appendByte, appendText } from './ascii.js';
import type { ByteBuffer } from './byte-buffer.js';
import { findField } from './fields.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { tableStyle } from './table-style.js';
import { TemplateLines } from './template-lines.js';
import type { WriterOptions } from './writer-options.js';

const BLANK = 0x20;
/** `0x` and 16 digits: frames of style `addresses` begin so. */
const ADDRESS_CHARS = 18;

/** Stacks below a line that says what they weigh, the innermost frame first, as memleak prints them. */
export class HeadedStacksWriter extends SnapshotWriter {
  private readonly frames: number;
  private readonly above: TemplateLines;

  /** @param above the line, with `{name}` for the value of a field */
  constructor(schema: Schema, layout: StacksLayout, above: string, options: WriterOptions) {
    super(schema, options);
    this.frames = findField(schema, layout.frames).index;
    this.above = new TemplateLines(schema, above, options);
  }

  protected override rows(batch: Batch, out: ByteBuffer): void {
    this.above.bind(batch);
    for (let row = 0; row < batch.rows; row++) {
      this.above.row(out, row);
      const frames = framesList(valueAt(batch.columns[this.frames]!, row) as Uint8Array);
      for (const frame of frames.toReversed()) appendFrame(out, frame);
    }
  }
}

/** An address and what lies there are columns of their own. */
function appendFrame(out: ByteBuffer, frame: Uint8Array): void {
  appendText(out, '\t\t');
  const hasAddress = frame[0] === 0x30 && frame[1] === 0x78 && frame[ADDRESS_CHARS] === BLANK;
  const from = hasAddress ? ADDRESS_CHARS + 1 : 0;
  if (hasAddress) {
    tableStyle.text(out, frame, 0, ADDRESS_CHARS);
    appendByte(out, 0x09);
  }
  tableStyle.text(out, frame, from, frame.length);
  appendByte(out, 0x0a);
}
