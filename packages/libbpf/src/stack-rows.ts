import {
  type BatchBuilder,
  type BytesColumn,
  type Member,
  reserveBytes,
  type StackFrames,
  type WideColumn,
} from '@skep/core';
import type { RecordLayout, StreamPlan } from './btf/index.js';
import { columnsFrom, decodeAll, decoderOf, fillTime, mergeCpus } from './snapshot-rows.js';
import type { Taken } from './snapshots.js';

type StacksPlan = Extract<StreamPlan, { kind: 'stacks' }>;

interface Row {
  /** The first of the entries that are this row. */
  readonly entry: number;
  readonly frames: string;
  total: bigint;
}

const utf8 = new TextEncoder();
const KERNEL_MARK = '_[k]';

/**
 * Fill `into` with the stacks of a snapshot, the lightest first, as BCC's tools print them: the heaviest is read first
 * on a terminal. Entries that differ only in addresses of the same functions are one row.
 */
export function stackRows(plan: StacksPlan, taken: Taken, stacks: StackFrames | undefined, into: BatchBuilder): number {
  const { key, value } = plan.snapshot;
  // Rows are added up in place: in a copy, since a tap may still read what was taken.
  const merged = mergeCpus(taken.entries, value).slice();
  const stride = taken.entries.count > 0 ? merged.length / taken.entries.count : 0;
  const values = new DataView(merged.buffer, merged.byteOffset, merged.byteLength);
  const counters = value.members.filter(({ field }) => field.type === 'u64' || field.type === 'i64');
  const weigh = value.members.find(({ field }) => field.name === plan.count)!.offset;
  const names = new RowNames(plan, taken, stacks);
  const rows = new Map<string, Row>();
  for (let entry = 0; entry < taken.entries.count; entry++) {
    const frames = names.frames(entry);
    const same = `${names.task(entry)}\0${frames}`;
    const weight = values.getBigUint64(entry * stride + weigh, true);
    const row = rows.get(same);
    if (!row) {
      rows.set(same, { entry, frames, total: weight });
      continue;
    }
    row.total += weight;
    for (const { offset } of counters) {
      const at = row.entry * stride + offset;
      values.setBigUint64(at, values.getBigUint64(at, true) + values.getBigUint64(entry * stride + offset, true), true);
    }
  }
  const ordered = [...rows.values()].sort((a, b) =>
    a.total < b.total ? -1 : a.total > b.total ? 1 : a.frames < b.frames ? -1 : 1,
  );
  into.ensure(ordered.length);
  fillTime(into.columns[0] as WideColumn, taken.timeNs, ordered.length);
  const plain = key.members.filter(({ stack }) => !stack);
  const order = ordered.map(({ entry }) => entry);
  const keys = picked(taken.entries.keys, key.size, order);
  decodeAll(keys, key.size, key.size, order.length, decoderOf(plain), columnsFrom(into, 1));
  const framesAt = 1 + plain.length;
  fillFrames(into.columns[framesAt] as BytesColumn, ordered);
  const counts = picked(merged, stride, order);
  decodeAll(counts, stride, value.size, order.length, decoderOf(value.members), columnsFrom(into, framesAt + 1));
  into.rows = order.length;
  return order.length;
}

function picked(bytes: Uint8Array, stride: number, order: readonly number[]): Uint8Array<ArrayBuffer> {
  const some = new Uint8Array(order.length * stride);
  for (const [i, from] of order.entries()) some.set(bytes.subarray(from * stride, (from + 1) * stride), i * stride);
  return some;
}

function fillFrames(column: BytesColumn, rows: readonly Row[]): void {
  let end = 0;
  for (const [r, { frames }] of rows.entries()) {
    const bytes = utf8.encode(frames);
    reserveBytes(column, end, bytes.length);
    column.data.set(bytes, end);
    column.ends[r] = end += bytes.length;
  }
}

/** What tells the rows apart: the columns of the key, and the names of the frames of its stacks. */
class RowNames {
  private readonly plan: StacksPlan;
  private readonly keys: Uint8Array;
  private readonly view: DataView;
  private readonly layout: RecordLayout;
  private readonly plain: readonly Member[];
  private readonly stacks: StackFrames | undefined;
  private readonly text = new TextDecoder();

  constructor(plan: StacksPlan, { entries }: Taken, stacks: StackFrames | undefined) {
    this.plan = plan;
    this.layout = plan.snapshot.key;
    this.plain = this.layout.members.filter(({ stack }) => !stack);
    this.keys = entries.keys;
    this.view = new DataView(entries.keys.buffer, entries.keys.byteOffset, entries.keys.byteLength);
    this.stacks = stacks;
  }

  task(entry: number): string {
    const at = entry * this.layout.size;
    const texts = this.plain.map(({ offset, field }) =>
      Buffer.from(this.keys.subarray(at + offset, at + offset + field.size)).toString('latin1'),
    );
    return texts.join('');
  }

  /** The user's half, then the kernel's, which it called. */
  frames(entry: number): string {
    const { isDelimited, isAnnotated } = this.plan;
    const user = this.half(this.plan.user, entry);
    const kernel = this.half(this.plan.kernel, entry);
    const marked = isAnnotated && kernel !== '' ? kernel.replaceAll(';', `${KERNEL_MARK};`) + KERNEL_MARK : kernel;
    if (user === '' || marked === '') return user + marked;
    return isDelimited ? `${user};-;${marked}` : `${user};${marked}`;
  }

  private half(member: Member | undefined, entry: number): string {
    if (!member?.stack || !this.stacks) return '';
    const { half, pidOffset } = member.stack;
    const at = entry * this.layout.size;
    const [low, high] = [0, 4].map((word) => this.view.getUint32(at + member.offset + word, true)) as [number, number];
    return this.text.decode(this.stacks.frames(half, low, high, this.view.getUint32(at + pidOffset, true)));
  }
}
