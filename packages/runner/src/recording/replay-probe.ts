import {
  type BatchBuilder,
  clockFromOffset,
  createDecoder,
  kernelMemory,
  type LossCounts,
  type Probe,
  type Schema,
  type SkepError,
  type StackFrames,
} from '@skep/core';
import { histogramRows, stackRows, tableRows } from '@skep/libbpf';
import { EVENTS, LOSSES, type RecordedEntry, ROWS } from './format.js';
import type { RecordedSource, ReplayPlan } from './header.js';
import { type RecordedFrames, ReplayedFrames } from './recorded-stacks.js';
import { readRows } from './rows-entry.js';

/** Where entries come from. */
export interface EntrySource {
  /** The next entry, when it is one of this stream and its time has come. */
  take(stream: number): RecordedEntry | undefined;
  /** The error for an entry that makes no sense, although its checksum was right. */
  damaged(what: string): SkepError;
}

interface Stream {
  readonly plan: ReplayPlan;
  readonly isArray: boolean;
  /** What the recording has told so far. */
  losses: LossCounts;
  drained: bigint;
  covered: bigint;
  held: bigint;
}

/** A recorded plugin in place of the kernel's: it drains what the recording has for it, in the order it was recorded. */
export class ReplayProbe implements Probe {
  readonly schemas: readonly Schema[];
  private readonly host: EntrySource;
  private readonly first: number;
  private readonly streams: readonly Stream[];
  private readonly style: keyof RecordedFrames;

  /**
   * @param first index of its first stream in the recording
   * @param style what frames of stacks look like
   */
  constructor(
    host: EntrySource,
    source: RecordedSource,
    plans: readonly ReplayPlan[],
    first: number,
    style: keyof RecordedFrames,
  ) {
    this.host = host;
    this.style = style;
    this.first = first;
    this.streams = plans.map((plan, i) => ({
      plan,
      isArray: source.streams[i]!.isArray ?? false,
      losses: { attempted: 0n, ringFull: 0n, mapFull: 0n, cut: 0n },
      ...{ drained: 0n, covered: 0n, held: 0n },
    }));
    this.schemas = plans.map(({ schema }) => schema);
  }

  async open(): Promise<void> {}

  async attach(): Promise<void> {}

  drain(into: BatchBuilder): number {
    try {
      return this.drainNext(into);
    } catch (error) {
      throw error instanceof BadEntry ? this.host.damaged(error.message) : error;
    }
  }

  private drainNext(into: BatchBuilder): number {
    const index = this.schemas.indexOf(into.schema);
    const stream = this.streams[index];
    if (!stream) return 0;
    for (;;) {
      const entry = this.host.take(this.first + index);
      if (!entry) return 0;
      if (entry.kind === LOSSES) takeLosses(stream, entry);
      else if (entry.kind === ROWS) return takeRows(stream, entry, into);
      else {
        const frames = new ReplayedFrames(entry.stacks, this.style, () => new BadEntry('stacks without names'));
        const take = entry.kind === EVENTS ? takeEvents : takeSnapshot;
        return take(stream, entry, frames, into);
      }
    }
  }

  losses(name: string): LossCounts {
    const stream = this.stream(name);
    const { losses, drained } = stream;
    // Until the account at the end: as much as came.
    return losses.attempted > 0n
      ? losses
      : { ...losses, attempted: stream.plan.schema.shape === 'events' ? drained : stream.covered };
  }

  covered(name: string): bigint {
    return this.stream(name).covered;
  }

  held(name: string): bigint {
    return this.stream(name).held;
  }

  async close(): Promise<void> {}

  private stream(name: string): Stream {
    return this.streams.find(({ plan }) => plan.schema.stream === name)!;
  }
}

/** The entry is not what its stream would have recorded. */
class BadEntry extends RangeError {}

function takeEvents(stream: Stream, { data }: RecordedEntry, frames: StackFrames, into: BatchBuilder): number {
  if (stream.plan.kind !== 'events') throw new BadEntry('events of a snapshot');
  const { members } = stream.plan.record;
  let at = 0;
  const u32 = () => {
    if (at + 4 > data.length) throw new BadEntry('numbers');
    at += 4;
    return data.readUInt32LE(at - 4);
  };
  into.lost += u32();
  let rows = 0;
  for (let chunks = u32(); chunks > 0; chunks--) {
    const [low, high, count] = [u32(), u32(), u32()];
    if (at + count * 4 > data.length) throw new BadEntry('lengths');
    const lengths = Array.from({ length: count }, u32);
    const { memory, starts, ends, bytes } = aligned(data.subarray(at), lengths);
    at += bytes;
    into.ensure(into.rows + count);
    const clock = clockFromOffset((BigInt(high) << 32n) | BigInt(low));
    createDecoder(members, () => clock, frames).decode(memory, starts, ends, count, into);
    rows += count;
  }
  stream.drained += BigInt(rows);
  return rows;
}

/** Records in memory of their own, each at a multiple of 8 as in the ring. */
function aligned(data: Buffer, lengths: readonly number[]) {
  const padded = (length: number) => (length + 7) & ~7;
  const u8 = new Uint8Array(lengths.reduce((sum, length) => sum + padded(length), 8));
  const starts = new Uint32Array(lengths.length);
  const ends = new Uint32Array(lengths.length);
  let from = 0;
  let to = 0;
  for (const [r, length] of lengths.entries()) {
    if (from + length > data.length) throw new BadEntry('records');
    u8.set(data.subarray(from, from + length), to);
    starts[r] = to;
    ends[r] = to + length;
    from += length;
    to += padded(length);
  }
  return { memory: kernelMemory(u8.buffer), starts, ends, bytes: from };
}

function takeSnapshot(stream: Stream, { data }: RecordedEntry, frames: StackFrames, into: BatchBuilder): number {
  const { plan } = stream;
  if (plan.kind === 'events' || plan.kind === 'rows' || data.length < 40) throw new BadEntry('a snapshot');
  const [timeNs, intervalNs, covered] = [0, 8, 16].map((at) => data.readBigUInt64LE(at)) as [bigint, bigint, bigint];
  const complete = data.readUInt32LE(24) !== 0;
  const [count, stride, keyBytes] = [28, 32, 36].map((at) => data.readUInt32LE(at)) as [number, number, number];
  const body = data.subarray(40);
  const { key, value } = plan.snapshot;
  const isSound = keyBytes === count * key.size && body.length === keyBytes + count * stride && stride >= value.size;
  if (count > 0 && !isSound) throw new BadEntry('entries');
  const keys = Uint8Array.from(body.subarray(0, keyBytes));
  const values = Uint8Array.from(body.subarray(keyBytes));
  const taken = { entries: { count, keys, values, stride }, timeNs, intervalNs, complete };
  stream.covered = covered;
  into.snapshot = { timeNs, intervalNs, complete };
  switch (plan.kind) {
    case 'table':
      return tableRows(plan, taken, stream.isArray, into, frames);
    case 'histogram':
      return histogramRows(plan, taken, into);
    case 'stacks':
      return stackRows(plan, taken, frames, into);
  }
}

function takeRows(stream: Stream, { data }: RecordedEntry, into: BatchBuilder): number {
  if (stream.plan.kind !== 'rows') throw new BadEntry('rows of records');
  try {
    stream.covered = readRows(data, into);
  } catch (error) {
    throw error instanceof RangeError ? new BadEntry('rows') : error;
  }
  stream.drained += BigInt(into.rows);
  return into.rows;
}

function takeLosses(stream: Stream, { data }: RecordedEntry): void {
  if (data.length < 40) throw new BadEntry('counts');
  const [attempted, ringFull, mapFull, cut, held] = [0, 8, 16, 24, 32].map((at) =>
    data.readBigUInt64LE(at),
  ) as bigint[];
  stream.losses = { attempted: attempted!, ringFull: ringFull!, mapFull: mapFull!, cut: cut! };
  stream.held = held!;
}
