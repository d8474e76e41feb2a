import type { Batch, Column } from '@skep/core';
import { bytesColumn } from './bytes-column.js';
import type { ColumnWriter } from './column-writer.js';
import { GrowingBytes } from './growing.js';

const IP_BYTES = 16;

/** Values of one width, each as the machine has it: little-endian on every one skep runs on. */
abstract class FixedWriter implements ColumnWriter {
  protected readonly out = new GrowingBytes();

  abstract add(batch: Batch, firstSequence: bigint): void;

  get bytes(): number {
    return this.out.length;
  }

  take(): Uint8Array[] {
    return [this.out.take()];
  }

  giveBack(): void {
    this.out.giveBack();
  }
}

/** A column of numbers, copied as it lies. */
export class NumbersWriter extends FixedWriter {
  private readonly index: number;

  constructor(index: number) {
    super();

    this.index = index;
  }

  override add(batch: Batch): void {
    this.out.append(bytesOf(batch.columns[this.index]!, batch.rows));
  }
}

function bytesOf(column: Column, rows: number): Uint8Array {
  if (column.kind === 'bytes') throw new TypeError('a column of bytes where numbers were planned');
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = column.values;
  return new Uint8Array(buffer, byteOffset, rows * BYTES_PER_ELEMENT);
}

/** Addresses: 16 bytes a row; a shorter value is filled with zeros. */
export class AddressWriter extends FixedWriter {
  private readonly index: number;

  constructor(index: number) {
    super();

    this.index = index;
  }

  override add({ columns, rows }: Batch): void {
    const column = bytesColumn(columns, this.index);
    const { data, ends } = column;
    const out = this.out.reserve(rows * IP_BYTES);
    for (let r = 0, start = 0; r < rows; r++) {
      const end = ends[r]!;
      const to = this.out.length + r * IP_BYTES;
      for (let i = 0; i < IP_BYTES; i++) out[to + i] = start + i < end ? data[start + i]! : 0;
      start = end;
    }
    this.out.length += rows * IP_BYTES;
  }
}

/** One value for all rows of a batch: what the snapshot says, or the clock. */
export class BatchValueWriter extends FixedWriter {
  private readonly width: 1 | 4 | 8;
  private readonly value: (batch: Batch) => bigint;

  constructor(width: 1 | 4 | 8, value: (batch: Batch) => bigint) {
    super();
    this.width = width;
    this.value = value;
  }

  override add(batch: Batch): void {
    const all = batch.rows * this.width;
    const out = this.out.reserve(all);
    const value = new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, this.value(batch))).buffer);
    for (let at = 0; at < all; at++) out[this.out.length + at] = value[at % this.width]!;
    this.out.length += all;
  }
}

/** Consecutive numbers from that of the batch's first row. */
export class SequenceWriter extends FixedWriter {
  override add({ rows }: Batch, firstSequence: bigint): void {
    const out = this.out.reserve(rows * 8);
    const words = new Int32Array(out.buffer, out.byteOffset + this.out.length, rows * 2);
    // Kept as signed words, which are small integers to the engine; the bits are the same.
    let low = Number(BigInt.asIntN(32, firstSequence));
    let high = Number(BigInt.asIntN(32, firstSequence >> 32n));
    for (let r = 0; r < rows; r++) {
      words[r * 2] = low;
      words[r * 2 + 1] = high;
      low = (low + 1) | 0;
      if (low === 0) high = (high + 1) | 0;
    }
    this.out.length += rows * 8;
  }
}

/** An id for each value of a column of bytes. */
export class HashWriter extends FixedWriter {
  private readonly index: number;
  private readonly hash: (value: Uint8Array) => bigint;

  constructor(index: number, hash: (value: Uint8Array) => bigint) {
    super();
    this.index = index;
    this.hash = hash;
  }

  override add({ columns, rows }: Batch): void {
    const column = bytesColumn(columns, this.index);
    const ids = new BigUint64Array(rows);
    for (let r = 0, start = 0; r < rows; r++) {
      const end = column.ends[r]!;
      ids[r] = this.hash(column.data.subarray(start, end));
      start = end;
    }
    this.out.append(new Uint8Array(ids.buffer));
  }
}
