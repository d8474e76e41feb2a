import { type Batch, BatchBuilder } from './batch.js';
import { isSkepError } from './errors.js';
import { type Ledger, type LedgerEntry, type LossCounts, NO_LOSSES } from './ledger.js';
import type { Probe } from './probe.js';
import type { Schema } from './schema.js';

/** A way from a probe to one sink. */
export interface Route {
  /** Name of the sink. */
  readonly sink: string;
  /** Names of the processors on the way, for the ledger. */
  readonly via?: string;
  /** Streams that go this way; undefined: all. */
  accepts?(schema: Schema): boolean;
  /** Filters and processors; each batch may have no rows. */
  process?(batch: Batch): readonly Batch[];
  /** The processors that may hold events; absent: none does. The same object in two routes holds the same events. */
  readonly holder?: Holder;
  /** What happens to the batches that the holder gives by itself. */
  after?(batch: Batch): Batch;
  /** Settles when the batch's memory is no longer needed. A rejection loses the batch for this sink alone. */
  write(batch: Batch): Promise<void>;
}

export interface DueQuestion {
  /** Everything that is held is wanted: nothing comes after it. */
  readonly rest: boolean;
}

/** Processors that gather events. */
export interface Holder {
  /** What they give of a stream by themselves. Routes that share processors ask with the same `question`. */
  due(schema: Schema, question: DueQuestion): readonly Batch[];
  /** Events of a stream that they hold. */
  held(schema: Schema): number;
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
  /** Code of the plugin threw over a snapshot of so many updates; it is lost. Absent: the error ends `run`. */
  onSourceError?(source: string, error: unknown, updates: number): void;
  /** Stop by itself after this many snapshots of each stream (`skep biotop 1 3`). */
  readonly snapshots?: number | undefined;
}

/** Everything a stream had at a moment: what was drained of it, and what the kernel dropped. */
interface Passed extends Pick<LedgerEntry, 'ringFull' | 'mapFull' | 'cut' | 'skippedRuns'> {
  readonly drained: bigint;
}

/** What was accounted for before this pump began. */
type Inherited = LossCounts & Pick<LedgerEntry, 'skippedRuns'>;

const NOTHING_INHERITED: Inherited = { ...NO_LOSSES, skippedRuns: 0n };

const NOTHING: Passed = { drained: 0n, ringFull: 0n, mapFull: 0n, cut: 0n, skippedRuns: 0n };

/**
 * Moves the batches of one probe to its sinks: drain, process, write, and only then drain again. A busy sink stops the
 * draining, the ring fills, and the kernel counts what it drops: nothing queues up in JavaScript.
 */
export class Pump {
  private readonly options: PumpOptions;
  private routes: readonly Route[];
  private readonly builders: readonly BatchBuilder[];
  private stopping = false;
  private hasEnded = false;
  /** Routes that were replaced while their processors held events. */
  private readonly emptying: { readonly routes: readonly Route[]; readonly done: () => void }[] = [];
  private abandoned = false;
  private taken = 0;
  /** Events drained, or updates covered by the snapshots drained, by stream. */
  private readonly drained = new Map<string, bigint>();
  /** What passed a sink by while nothing was routed to it, by `keyOf`; and where a stream stood when that began. */
  private readonly missed = new Map<string, Passed>();
  private readonly left = new Map<string, Passed>();
  /** Events that processors held when they were last asked, by `keyOf`. */
  private readonly gathered = new Map<string, number>();
  /** What an earlier pump of the same name, ended by a reload, had brought each sink, by `keyOf`. */
  private readonly inherited = new Map<string, Inherited>();

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
    const { attempted, ringFull, mapFull, cut, skippedRuns } = this.entry(schema, route);
    this.inherited.set(key, { attempted, ringFull, mapFull, cut, skippedRuns });
  }

  /** Runs until `stop()`, or until the wanted number of snapshots; then detaches, drains what is left and closes. */
  async run(): Promise<void> {
    const { probe, wait, snapshots } = this.options;
    try {
      while (!this.stopping) {
        const more = await this.round();
        await this.emptyLeft();
        await this.deliverDue(this.routes, false);
        if (snapshots !== undefined && this.taken >= snapshots) this.abandoned = this.stopping = true;
        else if (more) await nextTurn();
        else if (probe.isDone) this.stopping = true;
        else await wait();
      }
      await probe.finish?.();
      // After the last wanted snapshot the rest is neither shown nor lost: it is held.
      while (!this.abandoned && (await this.drainAll()) > 0) await nextTurn();
      await this.emptyLeft();
      await this.deliverDue(this.routes, true);
    } finally {
      this.hasEnded = true;
      for (const { done } of this.emptying.splice(0)) done();
      this.account();
      await probe.close();
    }
  }

  /** Ask `run` to end: it detaches, drains the rest, and settles. */
  stop(): void {
    this.stopping = true;
  }

  /**
   * From the next batch on, send to these sinks. A sink answers for what happens while something is routed to it.
   * Settles when it has also got what processors of its old route still held.
   */
  setRoutes(routes: readonly Route[]): Promise<void> {
    this.account();
    const before = this.routes;
    this.routes = routes;
    const left = before.filter(({ holder }) => holder && !routes.some((route) => route.holder === holder));
    for (const schema of this.options.probe.schemas) {
      const now = this.passed(schema);
      const accepting = (some: readonly Route[]) => some.filter((route) => route.accepts?.(schema) ?? true);
      const [old, next] = [accepting(before), accepting(routes)];
      for (const route of old) if (!next.some((one) => nameOf(one) === nameOf(route))) this.leave(schema, route, now);
      for (const route of next) if (!old.some((one) => nameOf(one) === nameOf(route))) this.join(schema, route, now);
    }
    if (left.length === 0 || this.hasEnded) return Promise.resolve();
    return new Promise((done) => this.emptying.push({ routes: left, done }));
  }

  private async emptyLeft(): Promise<void> {
    for (const { routes, done } of this.emptying.splice(0)) {
      await this.deliverDue(routes, true);
      done();
    }
  }

  /** What still lies in the kernel is no longer for this sink. */
  private leave(schema: Schema, route: Route, now: Passed): void {
    this.left.set(keyOf(schema, route), now);
    const entry = this.entry(schema, route);
    const missed = this.missed.get(keyOf(schema, route)) ?? NOTHING;
    const before = this.inherited.get(keyOf(schema, route)) ?? NOTHING_INHERITED;
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
      skippedRuns: missed.skippedRuns + now.skippedRuns - left.skippedRuns,
    });
  }

  private passed({ stream }: Schema): Passed {
    const { ringFull, mapFull, cut } = this.options.probe.losses(stream);
    const skippedRuns = this.options.probe.skippedRuns?.() ?? 0n;
    return { drained: this.drained.get(stream) ?? 0n, ringFull, mapFull, cut, skippedRuns };
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
    const rows = this.drainFenced(builder);
    if (rows === 0 && !builder.snapshot) return 0;
    if (builder.snapshot && builder === this.builders.find(({ schema }) => schema.shape !== 'events')) this.taken++;
    const batch = builder.batch();
    await this.deliver(batch, this.takeOver(batch));
    builder.reset();
    return Math.max(rows, 1);
  }

  /** Functions of a plugin work on the rows of its snapshots; when one throws, the snapshot is lost, and the next is tried. */
  private drainFenced(builder: BatchBuilder): number {
    const { probe, source, onSourceError } = this.options;
    try {
      return probe.drain(builder);
    } catch (error) {
      const { schema } = builder;
      const before = this.drained.get(schema.stream) ?? 0n;
      const now = probe.covered?.(schema.stream) ?? before;
      // Nothing was taken out: it would be thrown again, for ever.
      if (isSkepError(error) || !onSourceError || now === before) throw error;
      builder.reset();
      if (builder === this.builders.find((one) => one.schema.shape !== 'events')) this.taken++;
      this.drained.set(schema.stream, now);
      for (const route of this.routes) {
        if (route.accepts?.(schema) ?? true) this.entry(schema, route).sinkFailed += now - before;
      }
      onSourceError(source, error, Number(now - before));
      return 0;
    }
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
    let processed: readonly Batch[];
    try {
      processed = route.process?.(batch) ?? [batch];
    } catch (error) {
      entry.sinkFailed += events;
      this.options.onSinkError(route.sink, error, batch.rows);
      return;
    }
    if (batch.snapshot) {
      // Rows that a filter takes out of a snapshot cannot be told in updates: the snapshot arrives, or it does not.
      await this.writeAll(entry, route, processed, events);
      return;
    }
    const passed = processed.reduce((sum, one) => sum + (one.events ?? one.rows), 0);
    entry.filtered += events - BigInt(passed) - BigInt(this.newlyHeld(batch.schema, route));
    await this.writeAll(entry, route, processed, BigInt(passed));
  }

  /** What processors have to give without a new batch. */
  private async deliverDue(routes: readonly Route[], rest: boolean): Promise<void> {
    if (!routes.some(({ holder }) => holder)) return;
    const question = { rest };
    for (const schema of this.options.probe.schemas) {
      const writes = routes.map(async (route) => {
        if (!route.holder || !(route.accepts?.(schema) ?? true)) return;
        let due: readonly Batch[];
        try {
          due = route.holder.due(schema, question).map((batch) => route.after?.(batch) ?? batch);
        } catch (error) {
          this.options.onSinkError(route.sink, error, 0);
          due = [];
        }
        const given = -this.newlyHeld(schema, route);
        const passed = due.reduce((sum, one) => sum + (one.events ?? one.rows), 0);
        const entry = this.entry(schema, route);
        // A filter behind the processor that gathered.
        if (schema.shape === 'events') entry.filtered += BigInt(given - passed);
        await this.writeAll(entry, route, due, schema.shape === 'events' ? BigInt(passed) : 0n);
      });
      await Promise.all(writes);
    }
  }

  /** How many events more than at the last question the processors of a route hold. */
  private newlyHeld(schema: Schema, route: Route): number {
    const key = keyOf(schema, route);
    const before = this.gathered.get(key) ?? 0;
    const now = route.holder?.held(schema) ?? 0;
    this.gathered.set(key, now);
    return now - before;
  }

  /** Write batches that stand for `events` together, one after the other. */
  private async writeAll(entry: LedgerEntry, route: Route, batches: readonly Batch[], events: bigint): Promise<void> {
    let left = events;
    for (const [i, batch] of batches.entries()) {
      const own = i === batches.length - 1 ? left : BigInt(batch.events ?? batch.rows);
      left -= own;
      try {
        // An empty snapshot is still news: a table of nothing happened.
        if (batch.rows > 0 || batch.snapshot) await route.write(batch);
        entry.delivered += own;
      } catch (error) {
        entry.sinkFailed += own;
        this.options.onSinkError(route.sink, error, batch.rows);
      }
    }
    if (batches.length === 0) entry.delivered += left;
  }

  private entry(schema: Schema, route: Route): LedgerEntry {
    return this.options.ledger.entry(this.options.source, schema.stream, nameOf(route));
  }

  /** Take the kernel's counters over into the ledger; called at any time for a live view, and at the end. */
  account(): void {
    const { probe } = this.options;
    const skippedRuns = probe.skippedRuns?.() ?? 0n;
    for (const schema of probe.schemas) {
      const { stream } = schema;
      const counts = probe.losses(stream);
      // Snapshots that were taken and are not drained yet, or never will be.
      const waiting = (probe.covered?.(stream) ?? 0n) - (this.drained.get(stream) ?? 0n);
      const held = probe.held(stream) + (schema.shape === 'events' ? 0n : waiting);
      for (const route of this.routes) {
        if (!(route.accepts?.(schema) ?? true)) continue;
        const missed = this.missed.get(keyOf(schema, route)) ?? NOTHING;
        const before = this.inherited.get(keyOf(schema, route)) ?? NOTHING_INHERITED;
        Object.assign(this.entry(schema, route), {
          attempted: before.attempted + counts.attempted - missed.drained - missed.ringFull - missed.mapFull,
          ringFull: before.ringFull + counts.ringFull - missed.ringFull,
          mapFull: before.mapFull + counts.mapFull - missed.mapFull,
          cut: before.cut + counts.cut - missed.cut,
          skippedRuns: before.skippedRuns + skippedRuns - missed.skippedRuns,
          held: schema.shape === 'events' ? held + BigInt(route.holder?.held(schema) ?? 0) : held,
        } satisfies Partial<LedgerEntry>);
      }
    }
  }
}

function keyOf({ stream }: Schema, route: Route): string {
  return `${stream}\0${nameOf(route)}`;
}

function nameOf({ sink, via }: Route): string {
  return via === undefined ? sink : `${via} -> ${sink}`;
}

/** Let timers and signals have their turn: under a storm the loop would otherwise never yield. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
