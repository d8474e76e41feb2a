import { type Batch, type BatchBuilder, type Column, reserveBytes } from '@skep/core';
import type { EntryBuffer } from './entry-buffer.js';

const HEAD_BYTES = 44;

/**
 * Writes the data of an entry of kind ROWS: rows and events lost (u32), whether it is a snapshot, and a complete one
 * (u32), its time, interval and what it covers (u64), how many columns (u32), then each: its numbers, or where each
 * text ends (u32), and the texts.
 */
export function writeRows({ rows, lost, columns, snapshot }: Batch, covered: bigint, into: EntryBuffer): void {
  into.u32(rows);
  into.u32(lost);
  into.u32(snapshot ? 1 : 0);
  into.u32(snapshot?.complete === false ? 0 : 1);
  into.u64(snapshot?.timeNs ?? 0n);
  into.u64(snapshot?.intervalNs ?? 0n);
  into.u64(covered);
  into.u32(columns.length);
  for (const column of columns) {
    into.raw(bytesOf(column.kind === 'bytes' ? column.ends : column.values, rows));
    if (column.kind === 'bytes') into.raw(column.data.subarray(0, rows === 0 ? 0 : column.ends[rows - 1]!));
  }
}

/**
 * Fills `into`; returns what the snapshots have covered.
 *
 * @throws RangeError when the data are not rows of these columns.
 */
export function readRows(data: Buffer, into: BatchBuilder): bigint {
  if (data.length < HEAD_BYTES) throw new RangeError('no head');
  const [rows, lost, isSnapshot, isComplete] = [0, 4, 8, 12].map((at) => data.readUInt32LE(at));
  const [timeNs, intervalNs, covered] = [16, 24, 32].map((at) => data.readBigUInt64LE(at));
  const smallest = into.columns.reduce((sum, column) => sum + widthOf(column) * rows!, HEAD_BYTES);
  if (data.readUInt32LE(40) !== into.columns.length || data.length < smallest) throw new RangeError('other columns');
  into.ensure(rows!);
  let at = HEAD_BYTES;
  const take = (bytes: number): Buffer => {
    if (at + bytes > data.length) throw new RangeError('it ends early');
    at += bytes;
    return data.subarray(at - bytes, at);
  };
  for (const column of into.columns) {
    const values = column.kind === 'bytes' ? column.ends : column.values;
    bytesOf(values, rows!).set(take(rows! * values.BYTES_PER_ELEMENT));
    if (column.kind !== 'bytes') continue;
    const ends = column.ends.subarray(0, rows!);
    if (ends.some((end, r) => end < (ends[r - 1] ?? 0))) throw new RangeError('texts that end before they begin');
    const texts = take(ends.at(-1) ?? 0);
    reserveBytes(column, 0, texts.length);
    column.data.set(texts);
  }
  if (at !== data.length) throw new RangeError('it goes on');
  into.rows = rows!;
  into.lost += lost!;
  if (isSnapshot) into.snapshot = { timeNs: timeNs!, intervalNs: intervalNs!, complete: isComplete !== 0 };
  return covered!;
}

function widthOf(column: Column): number {
  return (column.kind === 'bytes' ? column.ends : column.values).BYTES_PER_ELEMENT;
}

/** The memory of the first `rows` numbers. */
function bytesOf(values: { buffer: ArrayBufferLike; byteOffset: number; BYTES_PER_ELEMENT: number }, rows: number) {
  return new Uint8Array(values.buffer, values.byteOffset, rows * values.BYTES_PER_ELEMENT);
}
