import { release } from 'node:os';
import { type Batch, BatchBuilder, type LedgerEntry, type Schema, type SinkContext } from '@skep/core';
import type { Counts } from '../counts.js';
import { agentsSchema, lossesSchema } from './schemas.js';

/** A stream whose account is kept. */
export interface Accounted {
  readonly source: string;
  readonly stream: string;
  readonly table: string;
  /** Sequence number of the next row. */
  readonly nextSequence: bigint;
}

type Totals = Readonly<Record<(typeof COUNTED)[number], bigint>>;

const COUNTED = [
  'attempted',
  'delivered',
  'filtered',
  'ring_full',
  'map_full',
  'cut',
  'sink_failed',
  'next_seq',
  'stored',
  'dropped',
  'quarantined',
  'skipped_runs',
] as const;

/** Turns counters that only grow into rows of intervals, for `skep_losses` and `skep_agents`. */
export class LedgerRecorder {
  readonly agents = agentsSchema();
  private readonly context: Pick<SinkContext, 'name' | 'agent' | 'account'>;
  private readonly counts: Counts;
  private readonly losses = new Map<string, Schema>();
  private readonly last = new Map<string, Totals>();
  private sinceMs: number;

  /** @param nowMs when the first interval begins, milliseconds since the epoch */
  constructor(context: LedgerRecorder['context'], counts: Counts, nowMs: number) {
    this.context = context;
    this.counts = counts;
    this.sinceMs = nowMs;
  }

  /** Everything is attached: what came before was not for this sink. */
  begin(nowMs: number): void {
    this.sinceMs = nowMs;
    // An earlier sink of this name has recorded what came before: a reload makes a new one.
    for (const entry of this.context.account()) {
      if (entry.sink === this.context.name) this.last.set(keyOf(entry), totalsOf(entry, ZERO, 0n));
    }
  }

  /** The schema of a source's losses; the same object every time. */
  lossesOf(source: string): Schema {
    let schema = this.losses.get(source);
    if (!schema) {
      schema = lossesSchema(source);
      this.losses.set(source, schema);
    }
    return schema;
  }

  /** Whether a schema is one of the ledger's. */
  owns(schema: Schema): boolean {
    return schema === this.agents || this.losses.get(schema.source) === schema;
  }

  /** End the interval: its rows, a batch per source, and one that says that the agent is there. */
  record(streams: readonly Accounted[], nowMs: number): Batch[] {
    const entries = new Map<string, LedgerEntry>();
    for (const entry of this.context.account()) if (entry.sink === this.context.name) entries.set(keyOf(entry), entry);
    const builders = new Map<string, BatchBuilder>();
    for (const stream of streams) {
      const key = keyOf(stream);
      const entry = entries.get(key);
      const now = totalsOf(entry, this.counts.of(stream), stream.nextSequence);
      const before = this.last.get(key) ?? NOTHING;
      this.last.set(key, now);
      const delta = Object.fromEntries(COUNTED.map((name) => [name, positive(now[name] - before[name])]));
      const builder = builders.get(stream.source) ?? new BatchBuilder(this.lossesOf(stream.source), 1);
      builders.set(stream.source, builder);
      builder.push({
        ...delta,
        time: nanoseconds(nowMs),
        since: nanoseconds(this.sinceMs),
        stream: stream.stream,
        stream_table: stream.table,
        held: entry?.held ?? 0n,
        first_seq: before.next_seq,
        next_seq: now.next_seq,
      });
    }
    this.sinceMs = nowMs;
    return [...[...builders.values()].map((builder) => builder.batch()), this.agent(nowMs)];
  }

  private agent(nowMs: number): Batch {
    const { version, startedMs, configDigest } = this.context.agent;
    const builder = new BatchBuilder(this.agents, 1);
    builder.push({
      time: nanoseconds(nowMs),
      started: nanoseconds(startedMs),
      version,
      kernel: release(),
      config: configDigest(),
    });
    return builder.batch();
  }
}

const ZERO = { stored: 0, dropped: 0, quarantined: 0 };
const NOTHING = totalsOf(undefined, ZERO, 0n);

function totalsOf(entry: LedgerEntry | undefined, rows: typeof ZERO, nextSequence: bigint): Totals {
  return {
    attempted: entry?.attempted ?? 0n,
    delivered: entry?.delivered ?? 0n,
    filtered: entry?.filtered ?? 0n,
    ring_full: entry?.ringFull ?? 0n,
    map_full: entry?.mapFull ?? 0n,
    cut: entry?.cut ?? 0n,
    sink_failed: entry?.sinkFailed ?? 0n,
    next_seq: nextSequence,
    stored: BigInt(rows.stored),
    dropped: BigInt(rows.dropped),
    quarantined: BigInt(rows.quarantined),
    skipped_runs: entry?.skippedRuns ?? 0n,
  };
}

/** What a sink answers for may shrink when a reload takes a stream from it. */
function positive(difference: bigint): bigint {
  return difference > 0n ? difference : 0n;
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}

function keyOf({ source, stream }: { readonly source: string; readonly stream: string }): string {
  return `${source}\0${stream}`;
}
