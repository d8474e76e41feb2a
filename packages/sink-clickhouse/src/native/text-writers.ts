import type { Batch, Field, Meanings } from '@skep/core';
import { bytesColumn } from './bytes-column.js';
import type { ColumnWriter } from './column-writer.js';
import { GrowingBytes } from './growing.js';
import type { TextSink } from './text-sink.js';

/** Distinct values of a number whose text is remembered; beyond that all are asked again. */
const REMEMBERED = 65_536;
const utf8 = new TextEncoder();

abstract class TextWriter implements ColumnWriter {
  protected readonly sink: TextSink;

  constructor(sink: TextSink) {
    this.sink = sink;
  }

  abstract add(batch: Batch): void;

  get bytes(): number {
    return this.sink.bytes;
  }

  take(): Uint8Array[] {
    return [...this.sink.prefix, ...this.sink.take()];
  }

  giveBack(): void {
    this.sink.giveBack();
  }
}

/** Bytes as they are, UTF-8 or not. */
export class BytesWriter extends TextWriter {
  private readonly index: number;

  constructor(sink: TextSink, index: number) {
    super(sink);

    this.index = index;
  }

  override add({ columns, rows }: Batch): void {
    const column = bytesColumn(columns, this.index);
    this.sink.putAll(column.data, column.ends, rows);
  }
}

/** The same text in every row of a batch: host, boot, source. */
export class ConstantWriter extends TextWriter {
  private readonly value: Uint8Array;

  constructor(sink: TextSink, value: string) {
    super(sink);
    this.value = utf8.encode(value);
  }

  override add({ rows }: Batch): void {
    this.sink.repeat(this.value, rows);
  }
}

/** Text in place of a value: the label of an enum, or what the meaning of the field makes of it. */
export class MeaningWriter extends TextWriter {
  private readonly index: number;
  private readonly textOf: (value: number | bigint | Uint8Array) => string;
  private readonly known = new Map<number | bigint | string, Uint8Array>();

  constructor(sink: TextSink, index: number, textOf: (value: number | bigint | Uint8Array) => string) {
    super(sink);
    this.index = index;
    this.textOf = textOf;
  }

  override add({ columns, rows }: Batch): void {
    const column = columns[this.index]!;
    if (column.kind !== 'bytes') {
      for (let r = 0; r < rows; r++) this.put(column.values[r]!, column.values[r]!);
      return;
    }
    for (let r = 0, start = 0; r < rows; r++) {
      const value = column.data.subarray(start, column.ends[r]!);
      this.put(Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1'), value);
      start = column.ends[r]!;
    }
  }

  private put(key: number | bigint | string, value: number | bigint | Uint8Array): void {
    let text = this.known.get(key);
    if (!text) {
      if (this.known.size >= REMEMBERED) this.known.clear();
      text = utf8.encode(this.textOf(value));
      this.known.set(key, text);
    }
    this.sink.put(text, 0, text.length);
  }
}

/** The text of a value as JSON has it. */
export function textOfField(field: Field, meanings: Meanings): (value: number | bigint | Uint8Array) => string {
  const { labels } = field;
  if (labels) return (value) => labels.get(Number(value)) ?? String(value);
  const meaning = meanings.get(field.meaning!)!;
  return (value) => meaning.text(value, field);
}

/** Puts the elements of one value into the sink and returns how many they are. */
export type SplitList = (sink: TextSink, data: Uint8Array, start: number, end: number) => number;

/** Lists: where each row ends, counted in elements from the block's start, and the elements. */
export class ListWriter extends TextWriter {
  private readonly index: number;
  private readonly split: SplitList;
  private readonly ends = new GrowingBytes();
  private elements = 0;

  constructor(sink: TextSink, index: number, split: SplitList) {
    super(sink);
    this.index = index;
    this.split = split;
  }

  override get bytes(): number {
    return this.ends.length + this.sink.bytes;
  }

  override add({ columns, rows }: Batch): void {
    const column = bytesColumn(columns, this.index);
    const ends = new Uint32Array(rows * 2);
    for (let r = 0, start = 0; r < rows; r++) {
      const end = column.ends[r]!;
      this.elements += this.split(this.sink, column.data, start, end);
      ends[r * 2] = this.elements;
      start = end;
    }
    this.ends.append(new Uint8Array(ends.buffer));
  }

  override take(): Uint8Array[] {
    this.elements = 0;
    return [...this.sink.prefix, this.ends.take(), ...this.sink.take()];
  }

  override giveBack(): void {
    super.giveBack();
    this.ends.giveBack();
  }
}
