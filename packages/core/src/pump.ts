import { type Batch, BatchBuilder } from './batch.js';
import { type Ledger, type LedgerEntry, type LossCounts, NO_LOSSES } from './ledger.js';
import type { Probe } from './probe.js';
import type { Schema } from './schema.js';

/** A way from a probe to one sink. */
export interface Route {
  /** Name of the sink, for the ledger. */
  readonly sink: string;
  /** Streams that go this way; undefined: all. */
  accepts?(schema: Schema): boolean;
  /** Filters and processors; may return a batch with no rows. */
  process?(batch: Batch): Batch;
  /** Settles when the batch's memory is no longer needed. A rejection loses the batch for this sink alone. */
  write(batch: Batch): Promise<void>;
}

export interface PumpOptions {
  /** Name of the plugin's instance, for the ledger. */
  readonly source: string;
  readonly probe: Probe;
  readonly routes: readonly Route[];
  readonly ledger: Ledger;
  /** Settles when there may be something to drain: a ring passed its half, a snapshot is ready, or time has passed. */
  wait(): Promise<void>;
  /** A sink refused a batch of so many rows. */
  onSinkError(sink: string, error: unknown, rows: number): void;
  /** Stop by itself after this many snapshots of each stream (`skep biotop 1 3`). */
  readonly snapshots?: number | undefined;
}

/** Everything a stream had at a moment: what was drained of it, and what the kernel dropped. */
interface Passed extends Pick<LossCounts, 'ringFull' | 'mapFull' | 'cut'> {
  readonly drained: bigint;
}

const NOTHING: Passed = { drained: 0n, ringFull: 0n, mapFull: 0n, cut: 0n };

/**
 * Moves the batches of one probe to its sinks: drain, process, write, and only then drain again. A busy sink stops the
 * draining, the ring fills, and the kernel counts what it drops: nothing queues up in JavaScript.
 */
export class Pump {
  private readonly options: PumpOptions;
  private routes: readonly Route[];
  private readonly builders: readonly BatchBuilder[];
  private stopping = false;
  private abandoned = false;
  private taken = 0;
  /** Events drained, or updates covered by the snapshots drained, by stream. */
  private readonly drained = new Map<string, bigint>();
  /** What passed a sink by while nothing was routed to it, by `keyOf`; and where a stream stood when that began. */
  private readonly missed = new Map<string, Passed>();
  private readonly left = new Map<string, Passed>();
  /** What an earlier pump of the same name, ended by a reload, had brought each sink, by `keyOf`. */
  private readonly inherited = new Map<string, LossCounts>();

  constructor(options: PumpOptions) {
    this.options = options;
    this.routes = options.routes;
    this.builders = options.probe.schemas.map((schema) => new BatchBuilder(schema));
    for (const schema of options.probe.schemas) {
      for (const route of options.routes) if (route.accepts?.(schema) ?? true) this.inherit(schema, route);
    }
  }

  private inherit(schema: Schema, route: Route): void {
    const key = keyOf(schema, route);
    if (this.inherited.has(key)) return;
    const { attempted, ringFull, mapFull, cut } = this.entry(schema, route);
    this.inherited.set(key, { attempted, ringFull, mapFull, cut });
  }

  /** Runs until `stop()`, or until the wanted number of snapshots; then detaches, drains what is left and closes. */
  async run(): Promise<void> {
    const { probe, wait, snapshots } = this.options;
    try {
      while (!this.stopping) {
        const more = await this.round();
        if (snapshots !== undefined && this.taken >= snapshots) this.abandoned = this.stopping = true;
        else if (more) await nextTurn();
        else await wait();
      }
      await probe.finish?.();
      // After the last wanted snapshot the rest is neither shown nor lost: it is held.
      while (!this.abandoned && (await this.drainAll()) > 0) await nextTurn();
    } finally {
      this.account();
      await probe.close();
    }
  }

  /** Ask `run` to end: it detaches, drains the rest, and settles. */
  stop(): void {
    this.stopping = true;
  }

  /** From the next batch on, send to these sinks. A sink answers for what happens while something is routed to it. */
  setRoutes(routes: readonly Route[]): void {
    this.account();
    const before = this.routes;
    this.routes = routes;
    for (const schema of this.options.probe.schemas) {
      const now = this.passed(schema);
      const accepting = (some: readonly Route[]) => some.filter((route) => route.accepts?.(schema) ?? true);
      const [old, next] = [accepting(before), accepting(routes)];
      for (const route of old) if (!next.some(({ sink }) => sink === route.sink)) this.leave(schema, route, now);
      for (const route of next) if (!old.some(({ sink }) => sink === route.sink)) this.join(schema, route, now);
    }
  }

  /** What still lies in the kernel is no longer for this sink. */
  private leave(schema: Schema, route: Route, now: Passed): void {
    this.left.set(keyOf(schema, route), now);
    const entry = this.entry(schema, route);
    const missed = this.missed.get(keyOf(schema, route)) ?? NOTHING;
    const before = this.inherited.get(keyOf(schema, route)) ?? NO_LOSSES;
    const dropped = entry.ringFull - before.ringFull + entry.mapFull - before.mapFull;
    entry.held = 0n;
    entry.attempted = before.attempted + now.drained - missed.drained + dropped;
  }

  private join(schema: Schema, route: Route, now: Passed): void {
    this.inherit(schema, route);
    const key = keyOf(schema, route);
    const missed = this.missed.get(key) ?? NOTHING;
    const left = this.left.get(key) ?? NOTHING;
    this.missed.set(key, {
      drained: missed.drained + now.drained - left.drained,
      ringFull: missed.ringFull + now.ringFull - left.ringFull,
      mapFull: missed.mapFull + now.mapFull - left.mapFull,
      cut: missed.cut + now.cut - left.cut,
    });
  }

  private passed({ stream }: Schema): Passed {
    const { ringFull, mapFull, cut } = this.options.probe.losses(stream);
    return { drained: this.drained.get(stream) ?? 0n, ringFull, mapFull, cut };
  }

  /** One pass over the streams; true when one was left with more than a batch could hold. */
  private async round(): Promise<boolean> {
    let full = false;
    for (const builder of this.builders) {
      if ((await this.drainOne(builder)) >= builder.capacity) full = true;
    }
    return full;
  }

  private async drainAll(): Promise<number> {
    let rows = 0;
    for (const builder of this.builders) rows += await this.drainOne(builder);
    return rows;
  }

  private async drainOne(builder: BatchBuilder): Promise<number> {
    const rows = this.options.probe.drain(builder);
    if (rows === 0 && !builder.snapshot) return 0;
    if (builder.snapshot && builder === this.builders.find(({ schema }) => schema.shape !== 'events')) this.taken++;
    const batch = builder.batch();
    await this.deliver(batch, this.takeOver(batch));
    builder.reset();
    return Math.max(rows, 1);
  }

  /**
   * How many events the batch stands for. A row of a snapshot stands for many updates; what counts is the updates that
   * the snapshots have covered since the last one.
   */
  private takeOver({ schema: { stream }, rows, snapshot }: Batch): bigint {
    const before = this.drained.get(stream) ?? 0n;
    const events = snapshot ? (this.options.probe.covered?.(stream) ?? 0n) - before : BigInt(rows);
    this.drained.set(stream, before + events);
    return events;
  }

  private async deliver(batch: Batch, events: bigint): Promise<void> {
    const writes = this.routes
      .filter((route) => route.accepts?.(batch.schema) ?? true)
      .map((route) => this.send(route, batch, events));
    await Promise.all(writes);
  }

  private async send(route: Route, batch: Batch, events: bigint): Promise<void> {
    const entry = this.entry(batch.schema, route);
    let { rows } = batch;
    try {
      const processed = route.process?.(batch) ?? batch;
      rows = processed.rows;
      // Rows that a filter takes out of a snapshot cannot be told in updates: the snapshot arrives, or it does not.
      const filtered = batch.snapshot ? 0n : BigInt(batch.rows - rows);
      entry.filtered += filtered;
      events -= filtered;
      // An empty snapshot is still news: a table of nothing happened.
      if (rows > 0 || processed.snapshot) await route.write(processed);
      entry.delivered += events;
    } catch (error) {
      entry.sinkFailed += events;
      this.options.onSinkError(route.sink, error, rows);
    }
  }

  private entry(schema: Schema, route: Route): LedgerEntry {
    return this.options.ledger.entry(this.options.source, schema.stream, route.sink);
  }

  /** Take the kernel's counters over into the ledger; called at any time for a live view, and at the end. */
  account(): void {
    const { probe } = this.options;
    for (const schema of probe.schemas) {
      const { stream } = schema;
      const counts = probe.losses(stream);
      // Snapshots that were taken and are not drained yet, or never will be.
      const waiting = (probe.covered?.(stream) ?? 0n) - (this.drained.get(stream) ?? 0n);
      const held = probe.held(stream) + (schema.shape === 'events' ? 0n : waiting);
      for (const route of this.routes) {
        if (!(route.accepts?.(schema) ?? true)) continue;
        const missed = this.missed.get(keyOf(schema, route)) ?? NOTHING;
        const before = this.inherited.get(keyOf(schema, route)) ?? NO_LOSSES;
        Object.assign(this.entry(schema, route), {
          attempted: before.attempted + counts.attempted - missed.drained - missed.ringFull - missed.mapFull,
          ringFull: before.ringFull + counts.ringFull - missed.ringFull,
          mapFull: before.mapFull + counts.mapFull - missed.mapFull,
          cut: before.cut + counts.cut - missed.cut,
          held,
        } satisfies Partial<LedgerEntry>);
      }
    }
  }
}

function keyOf({ stream }: Schema, { sink }: Route): string {
  return `${stream}\0${sink}`;
}

/** Let timers and signals have their turn: under a storm the loop would otherwise never yield. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
