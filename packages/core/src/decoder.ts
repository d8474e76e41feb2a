import { type BatchBuilder, type BytesColumn, reserveBytes, type WideColumn } from './batch.js';
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
      } else copyText(column, memory.u8, starts, ends, rows, at, offset, field.size);
      return;
    case 'wide':
      if (field.meaning === 'skep_ktime_t') copyTime(column, memory.u32, starts, rows, at, offset, clock);
      else copyWide(column, memory.u32, starts, rows, at, offset);
      return;
    default:
      copyNumbers(column.values, sourceOf(memory, field), SHIFT[field.type] ?? 0, starts, rows, at, offset);
  }
}

const SHIFT: Readonly<Record<string, number>> = { u8: 0, i8: 0, bool: 0, u16: 1, i16: 1, u32: 2, i32: 2 };

type Numbers = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

function sourceOf(memory: KernelMemory, field: Field): Numbers {
  switch (field.type) {
    case 'i8':
      return memory.i8;
    case 'u16':
      return memory.u16;
    case 'i16':
      return memory.i16;
    case 'u32':
      return memory.u32;
    case 'i32':
      return memory.i32;
    default:
      return memory.u8;
  }
}

function copyNumbers(
  to: Numbers,
  from: Numbers,
  shift: number,
  starts: Uint32Array,
  rows: number,
  at: number,
  offset: number,
): void {
  for (let r = 0; r < rows; r++) to[at + r] = from[(starts[r]! + offset) >>> shift]!;
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

/** Text ends at its first NUL, at the member's end, or at the end of a record that was sent short. */
function copyText(
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
    for (; i < stop; i++) {
      const byte = from[i]!;
      if (byte === 0) break;
      data[end++] = byte;
    }
    to[at + r] = end;
  }
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
