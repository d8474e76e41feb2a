import { type BatchBuilder, type BytesColumn, type NumberColumn, reserveBytes, type WideColumn } from './batch.js';
import type { KernelMemory } from './memory.js';
import type { Field } from './schema.js';

/** Copies records that lie in kernel memory into columns. Built from the BTF of the record's struct. */
export interface Decoder {
  readonly fields: readonly Field[];
  /**
   * Append `rows` records to `into`: record r lies at `memory.u8[starts[r] .. ends[r])`. The caller has made sure that
   * they fit (`into.room`). A record may be shorter than its struct when its last member is text sent short.
   */
  decode(memory: KernelMemory, starts: Uint32Array, ends: Uint32Array, rows: number, into: BatchBuilder): void;
}

/** Where a member lies in its record. */
export interface Member {
  readonly field: Field;
  /** Bytes from the start of the record. */
  readonly offset: number;
}

/** What must be added to boot-time nanoseconds to get nanoseconds since the epoch, as two 32-bit words. */
export interface Clock {
  readonly offsetLow: number;
  readonly offsetHigh: number;
}

export function clockFromOffset(offsetNs: bigint): Clock {
  return { offsetLow: Number(offsetNs & 0xffffffffn), offsetHigh: Number((offsetNs >> 32n) & 0xffffffffn) };
}

/**
 * A decoder for records with these members, in the order of the schema's fields.
 *
 * One pass per column, not per row: measured 31 ns per row against 229 ns for row objects. Members of meaning
 * `skep_ktime_t` are turned from boot time into nanoseconds since the epoch with the clock of the moment.
 */
export function createDecoder(members: readonly Member[], clock: () => Clock): Decoder {
  const fields = members.map((member) => member.field);
  return {
    fields,
    decode(memory, starts, ends, rows, into) {
      const now = clock();
      for (let c = 0; c < members.length; c++) copyMember(members[c]!, memory, starts, ends, rows, into, c, now);
      into.rows += rows;
    },
  };
}

function copyMember(
  { field, offset }: Member,
  memory: KernelMemory,
  starts: Uint32Array,
  ends: Uint32Array,
  rows: number,
  into: BatchBuilder,
  c: number,
  clock: Clock,
): void {
  const column = into.columns[c]!;
  const at = into.rows;
  switch (column.kind) {
    case 'bytes':
      if (field.meaning === 'skep_ip_t' || field.meaning === 'skep_argv_t' || field.meaning === 'skep_bytes_t') {
        copyBytes(column, memory.u8, starts, ends, rows, at, offset, field.size);
      } else copyText(column, memory, starts, ends, rows, at, offset, field.size);
      return;
    case 'wide':
      if (field.meaning === 'skep_ktime_t') copyTime(column, memory.u32, starts, rows, at, offset, clock);
      else copyWide(column, memory.u32, starts, rows, at, offset);
      return;
    default:
      copyNumber(column.values, memory, field.size, starts, rows, at, offset);
  }
}

/**
 * Numbers are copied as unsigned words of their width, whatever their sign: a loop that sees one kind of array runs
 * several times faster than one that sees six.
 */
function copyNumber(
  to: NumberColumn['values'],
  memory: KernelMemory,
  size: number,
  starts: Uint32Array,
  rows: number,
  at: number,
  offset: number,
): void {
  const { buffer, byteOffset, length } = to;
  if (size === 4) copy32(new Uint32Array(buffer, byteOffset, length), memory.u32, starts, rows, at, offset);
  else if (size === 2) copy16(new Uint16Array(buffer, byteOffset, length), memory.u16, starts, rows, at, offset);
  else copy8(new Uint8Array(buffer, byteOffset, length), memory.u8, starts, rows, at, offset);
}

function copy32(
  to: Uint32Array,
  from: Uint32Array,
  starts: Uint32Array,
  rows: number,
  at: number,
  offset: number,
): void {
  for (let r = 0; r < rows; r++) to[at + r] = from[(starts[r]! + offset) >>> 2]!;
}

function copy16(
  to: Uint16Array,
  from: Uint16Array,
  starts: Uint32Array,
  rows: number,
  at: number,
  offset: number,
): void {
  for (let r = 0; r < rows; r++) to[at + r] = from[(starts[r]! + offset) >>> 1]!;
}

function copy8(to: Uint8Array, from: Uint8Array, starts: Uint32Array, rows: number, at: number, offset: number): void {
  for (let r = 0; r < rows; r++) to[at + r] = from[starts[r]! + offset]!;
}

function copyWide(
  column: WideColumn,
  from: Uint32Array,
  starts: Uint32Array,
  rows: number,
  at: number,
  offset: number,
): void {
  const { words } = column;
  for (let r = 0, w = at * 2; r < rows; r++, w += 2) {
    const i = (starts[r]! + offset) >>> 2;
    words[w] = from[i]!;
    words[w + 1] = from[i + 1]!;
  }
}

function copyTime(
  column: WideColumn,
  from: Uint32Array,
  starts: Uint32Array,
  rows: number,
  at: number,
  offset: number,
  { offsetLow, offsetHigh }: Clock,
): void {
  const { words } = column;
  for (let r = 0, w = at * 2; r < rows; r++, w += 2) {
    const i = (starts[r]! + offset) >>> 2;
    const low = from[i]! + offsetLow;
    words[w] = low;
    words[w + 1] = from[i + 1]! + offsetHigh + (low > 0xffffffff ? 1 : 0);
  }
}

/**
 * Text ends at its first NUL, at the member's end, or at the end of a record that was sent short. Four bytes are looked
 * at and copied at a time, through a DataView because they may land anywhere: byte by byte the copy of a path was half
 * the cost of draining an event. What is copied behind a NUL is overwritten by the next row.
 */
function copyText(
  column: BytesColumn,
  { u8, i32 }: KernelMemory,
  starts: Uint32Array,
  ends: Uint32Array,
  rows: number,
  at: number,
  offset: number,
  size: number,
): void {
  const { ends: to } = column;
  let end = at === 0 ? 0 : to[at - 1]!;
  let { data } = column;
  let words = new DataView(data.buffer, data.byteOffset);
  for (let r = 0; r < rows; r++) {
    let i = starts[r]! + offset;
    let stop = Math.min(i + size, ends[r]!);
    if (end + size + 4 > data.length) {
      reserveBytes(column, end, size + 4);
      data = column.data;
      words = new DataView(data.buffer, data.byteOffset);
    }
    if ((i & 3) === 0) {
      for (; i + 4 <= stop; i += 4) {
        const word = i32[i >> 2]!;
        words.setInt32(end, word, true);
        if (hasZeroByte(word)) {
          end += bytesBeforeZero(word);
          stop = i;
        } else end += 4;
      }
    }
    for (; i < stop; i++) {
      const byte = u8[i]!;
      if (byte === 0) break;
      data[end++] = byte;
    }
    to[at + r] = end;
  }
}

/** Of a word that has a zero byte: how many bytes come before it. */
function bytesBeforeZero(word: number): number {
  if ((word & 0xff) === 0) return 0;
  if ((word & 0xff00) === 0) return 1;
  return (word & 0xff0000) === 0 ? 2 : 3;
}

/** @see https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord */
function hasZeroByte(word: number): boolean {
  return (((word - 0x01010101) | 0) & ~word & 0x80808080) !== 0;
}

/** All bytes of the member, NULs included; to the end of a record that was sent short. */
function copyBytes(
  column: BytesColumn,
  from: Uint8Array,
  starts: Uint32Array,
  ends: Uint32Array,
  rows: number,
  at: number,
  offset: number,
  size: number,
): void {
  const { ends: to } = column;
  let end = at === 0 ? 0 : to[at - 1]!;
  for (let r = 0; r < rows; r++) {
    let i = starts[r]! + offset;
    const stop = Math.min(i + size, ends[r]!);
    if (end + size > column.data.length) reserveBytes(column, end, size);
    const data = column.data;
    for (; i < stop; i++) data[end++] = from[i]!;
    to[at + r] = end;
  }
}
