import { type BatchBuilder, type BytesColumn, type Column, type NumberColumn, reserveBytes } from './batch.js';
import type { KernelMemory } from './memory.js';
import type { Field } from './schema.js';
import { type Staging, staging } from './staging.js';

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
  /** The member is the id of a stack, whose frames are the value. */
  readonly stack?: StackMember;
}

export interface StackMember {
  readonly half: 'kernel' | 'user';
  /** Where the process of a user stack lies in the record: a u32. */
  readonly pidOffset: number;
}

/** Gives the frames of a stack, as columns of meaning `skep_frames` hold them. */
export interface StackFrames {
  /** @param low and `high`: the id, in words; 0 for no stack */
  frames(half: StackMember['half'], low: number, high: number, pid: number): Uint8Array;
}

const NO_FRAMES: StackFrames = { frames: () => new Uint8Array() };

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
 * One pass per column, not per row, by the loops of columns.wasm.c. Members of meaning `skep_ktime_t` are turned from
 * boot time into nanoseconds since the epoch with the clock of the moment, stacks into the names that `stacks` gives:
 * none without it.
 */
export function createDecoder(
  members: readonly Member[],
  clock: () => Clock,
  stacks: StackFrames = NO_FRAMES,
): Decoder {
  const fields = members.map((member) => member.field);
  const copies = members.map((member) => copyOf(member, stacks));
  return {
    fields,
    decode(memory, starts, ends, rows, into) {
      const staged = staging();
      const now = clock();
      for (let from = 0; from < rows; ) {
        const count = staged.load(memory.u8, starts, ends, from, rows);
        const records: Records = { memory, starts, from, staged, rows: count, at: into.rows, clock: now };
        for (let c = 0; c < copies.length; c++) copies[c]!(into.columns[c]!, records);
        into.rows += count;
        from += count;
      }
    },
  };
}

/** Some records, staged, and where in the columns they go. */
interface Records {
  readonly staged: Staging;
  readonly rows: number;
  readonly at: number;
  readonly clock: Clock;
  /** Where they come from: the first is record `from` of `starts`. */
  readonly memory: KernelMemory;
  readonly starts: Uint32Array;
  readonly from: number;
}

type Copy = (column: Column, records: Records) => void;

/** How one member is copied. */
function copyOf({ field, offset, stack }: Member, stacks: StackFrames): Copy {
  if (stack) return (column, records) => copyFrames(column as BytesColumn, records, offset, stack, stacks);
  if (field.type === 'bytes')
    return copyBytesOf(WHOLE.has(field.meaning ?? '') ? 'bytes' : 'texts', offset, field.size);
  if (field.meaning === 'skep_ktime_t') {
    return copyNumbersOf(8, ({ staged, rows, clock }) =>
      staged.copies.add64(staged.records, offset, rows, clock.offsetLow, clock.offsetHigh),
    );
  }
  const size = SIZES[field.type];
  const copy = ({ 1: 'copy8', 2: 'copy16', 4: 'copy32', 8: 'copy64' } as const)[size];
  return copyNumbersOf(size, ({ staged, rows }) => staged.copies[copy](staged.records, offset, rows));
}

/** Meanings whose bytes may hold NULs. */
const WHOLE = new Set(['skep_ip_t', 'skep_argv_t', 'skep_bytes_t']);

/** Bytes of a number, in its record and in its column. */
const SIZES = { u8: 1, i8: 1, bool: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8 } as const satisfies Record<
  Exclude<Field['type'], 'bytes'>,
  number
>;

/**
 * Numbers are bytes on their way: a loop that sees one kind of array needs no other for six kinds of columns. The view
 * of a column's bytes is made once per column array, not per call.
 */
function copyNumbersOf(size: number, take: (records: Records) => void): Copy {
  let values: ArrayBufferView | undefined;
  let bytes = new Uint8Array(0);
  return (column, records) => {
    const now = column.kind === 'wide' ? column.words : (column as NumberColumn).values;
    if (values !== now) {
      values = now;
      bytes = new Uint8Array(now.buffer as ArrayBuffer, now.byteOffset, now.byteLength);
    }
    take(records);
    bytes.set(records.staged.numbers(records.rows, size), records.at * size);
  };
}

/** Text ends at its first NUL, at the member's end, or at the end of a record that was sent short; bytes at the latter. */
function copyBytesOf(kind: 'texts' | 'bytes', offset: number, size: number): Copy {
  return (column, { staged, rows, at }) => {
    const to = column as BytesColumn;
    const before = at === 0 ? 0 : to.ends[at - 1]!;
    const length = staged.copies[kind](staged.records, offset, rows, size, staged.bytesAt, before) - before;
    reserveBytes(to, before, length);
    to.data.set(staged.bytes(length), before);
    to.ends.set(staged.bytesEnds(rows), at);
  };
}

/** Whoever names frames remembers them for a while: rows of one stack follow one another. */
function copyFrames(
  column: BytesColumn,
  { memory, starts, from, rows, at }: Records,
  offset: number,
  { half, pidOffset }: StackMember,
  stacks: StackFrames,
): void {
  const { u32 } = memory;
  const { ends: to } = column;
  let end = at === 0 ? 0 : to[at - 1]!;
  for (let r = 0; r < rows; r++) {
    const start = starts[from + r]!;
    const i = (start + offset) >>> 2;
    const pid = u32[(start + pidOffset) >>> 2]!;
    const frames = stacks.frames(half, u32[i]!, u32[i + 1]!, pid);
    reserveBytes(column, end, frames.length);
    column.data.set(frames, end);
    to[at + r] = end += frames.length;
  }
}
