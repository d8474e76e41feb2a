import type { PluginUnderTest } from '@skep/build';
import { type Batch, BatchBuilder, createDecoder, kernelMemory, type OptionValues } from '@skep/core';
import { histogramRows, planStreams, type RecordLayout, type StreamPlan, stackRows, tableRows } from '@skep/libbpf';
import { FakeStacks } from './fake-stacks.js';
import { type RecordValues, recordBytes } from './record-bytes.js';

/**
 * Values by member of the record, or of key and value of a map's entry; of a `skep_hist_t` the counts by slot; of a
 * stack its frames, root first.
 */
export type KernelRecord = Readonly<Record<string, RecordValues[string] | readonly number[] | readonly string[]>>;

const NO_CLOCK = { offsetLow: 0, offsetHigh: 0 };
/** Of snapshots: the first of January 2026, and one second. */
const INTERVAL = { timeNs: 1_767_225_600_000_000_000n, intervalNs: 1_000_000_000n, complete: true };

/**
 * The rows that a plugin makes of these records of one of its streams, by its own object and definition. Times since
 * boot are times since the epoch.
 *
 * @throws RangeError for a stream or member that is not there, or a value that does not fit.
 */
export function batchOfRecords(
  { tool, definition, info }: Pick<PluginUnderTest, 'tool' | 'definition' | 'info'>,
  stream: string,
  records: readonly KernelRecord[],
  options: OptionValues,
): Batch {
  const plan = planStreams({ plugin: tool, source: tool }, definition, info, options).find(
    ({ schema }) => schema.stream === stream,
  );
  if (!plan) throw new RangeError(`${tool} has no stream "${stream}" with these options`);
  const into = new BatchBuilder(plan.schema);
  into.ensure(Math.max(records.length * 64, 64));
  if (plan.kind === 'events') decodeEvents(plan, records, into);
  else takeEntries(plan, records, into);
  return into.batch();
}

function decodeEvents(
  { record }: Extract<StreamPlan, { kind: 'events' }>,
  records: readonly KernelRecord[],
  into: BatchBuilder,
): void {
  const padded = Math.ceil(record.size / 8) * 8;
  const stacks = new FakeStacks();
  const memory = joined(
    records.map((values) => bytesOf(record, values, stacks)),
    padded,
  );
  const starts = Uint32Array.from(records, (_, i) => i * padded);
  const ends = starts.map((start) => start + record.size);
  const decoder = createDecoder(record.members, () => NO_CLOCK, stacks);
  decoder.decode(kernelMemory(memory.buffer), starts, ends, records.length, into);
}

function takeEntries(
  plan: Exclude<StreamPlan, { kind: 'events' }>,
  records: readonly KernelRecord[],
  into: BatchBuilder,
): void {
  const { key, value } = plan.snapshot;
  const stride = Math.ceil(value.size / 8) * 8;
  const isKey = (name: string) => key.members.some(({ field }) => field.name === name);
  const isHistogram = (name: string) => value.histograms.some((one) => one.name === name);
  const part = (record: KernelRecord, wanted: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => wanted(name)));
  const stacks = new FakeStacks();
  const keys = joined(
    records.map((record) => bytesOf(key, part(record, isKey), stacks)),
    key.size,
  );
  const values = joined(
    records.map((record) =>
      bytesOf(
        value,
        part(record, (name) => !isKey(name) && !isHistogram(name)),
        stacks,
      ),
    ),
    stride,
  );
  const view = new DataView(values.buffer);
  for (const [i, record] of records.entries()) {
    for (const { name, offset } of value.histograms) {
      for (const [slot, count] of ((record[name] ?? []) as readonly number[]).entries()) {
        view.setBigUint64(i * stride + offset + slot * 8, BigInt(count), true);
      }
    }
  }
  const taken = { ...INTERVAL, entries: { count: records.length, keys, values, stride } };
  into.snapshot = INTERVAL;
  if (plan.kind === 'table') tableRows(plan, taken, false, into, stacks);
  else if (plan.kind === 'stacks') stackRows(plan, taken, stacks, into);
  else histogramRows(plan, taken, into);
}

/** The record with ids in place of frames. */
function bytesOf(layout: RecordLayout, values: KernelRecord, stacks: FakeStacks): Uint8Array {
  const isStack = (name: string) => layout.members.some(({ field, stack }) => stack && field.name === name);
  const told = Object.entries(values).map(([name, value]) =>
    isStack(name) && Array.isArray(value) ? [name, stacks.idOf(value as readonly string[])] : [name, value],
  );
  return recordBytes(layout, Object.fromEntries(told) as RecordValues);
}

/** Pieces one after the other, each `stride` bytes, in memory whose length is a multiple of 8. */
function joined(pieces: readonly Uint8Array[], stride: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((pieces.length * stride) / 8) * 8);
  for (const [i, piece] of pieces.entries()) bytes.set(piece, i * stride);
  return bytes;
}
