import { type Batch, BatchBuilder } from './batch.js';
import type { Ledger, LedgerEntry } from './ledger.js';
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

  constructor(options: PumpOptions) {
    this.options = options;
    this.routes = options.routes;
    this.builders = options.probe.schemas.map((schema) => new BatchBuilder(schema));
  }

  /** Runs until `stop()`, or until the wanted number of snapshots; then detaches, drains what is left and closes. */
  async run(): Promise<void> {
    const { probe, wait, snapshots } = this.options;
    try {
      while (!this.stopping) {
        if (await this.round()) await nextTurn();
        else await wait();
        if (snapshots !== undefined && this.taken >= snapshots) this.abandoned = this.stopping = true;
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

  /** From the next batch on, send to these sinks. */
  setRoutes(routes: readonly Route[]): void {
    this.account();
    this.routes = routes;
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
    await this.deliver(builder.batch());
    builder.reset();
    return Math.max(rows, 1);
  }

  private async deliver(batch: Batch): Promise<void> {
    const writes = this.routes
      .filter((route) => route.accepts?.(batch.schema) ?? true)
      .map((route) => this.send(route, batch));
    await Promise.all(writes);
  }

  private async send(route: Route, batch: Batch): Promise<void> {
    const entry = this.entry(batch.schema, route);
    let rows = batch.rows;
    try {
      const processed = route.process?.(batch) ?? batch;
      rows = processed.rows;
      entry.filtered += BigInt(batch.rows - rows);
      // An empty snapshot is still news: a table of nothing happened.
      if (rows > 0 || processed.snapshot) await route.write(processed);
      entry.delivered += BigInt(rows);
    } catch (error) {
      entry.sinkFailed += BigInt(rows);
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
      const counts = probe.losses(schema.stream);
      for (const route of this.routes) {
        if (!(route.accepts?.(schema) ?? true)) continue;
        const entry = this.entry(schema, route);
        Object.assign(entry, counts);
        if (schema.shape !== 'events') this.accountSnapshots(entry, schema);
        entry.held = probe.held(schema.stream);
      }
    }
  }

  /** Rows of a snapshot stand for many updates: what counts as delivered is the updates that snapshots covered. */
  private accountSnapshots(entry: LedgerEntry, schema: Schema): void {
    entry.delivered = this.options.probe.covered?.(schema.stream) ?? 0n;
    entry.filtered = 0n;
  }
}

/** Let timers and signals have their turn: under a storm the loop would otherwise never yield. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
