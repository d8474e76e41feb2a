import { randomBytes } from 'node:crypto';
import { type Batch, isSkepError, type Schema, type Sink, type SinkContext, SkepError } from '@skep/core';
import { Counts, type TableCounts } from './counts.js';
import type { StoreError } from './engine/store-error.js';
import type { Engine } from './engine.js';
import type { Identity } from './identity.js';
import { type Accounted, LedgerRecorder } from './ledger/recorder.js';
import type { TableSettings } from './schema/table.js';
import { Destination } from './ship/destination.js';
import { LIMITS, type Limits, Pace } from './ship/pace.js';
import { Shipper } from './ship/shipper.js';
import { type Sequence, StreamWriter } from './ship/stream-writer.js';
import { Spool, type SpoolSettings } from './spool/spool.js';

export interface ClickHouseSinkOptions {
  readonly engine: Engine;
  readonly tables: TableSettings;
  readonly spool: SpoolSettings;
  /** Inserts under way at a time. */
  readonly inFlight: number;
  /** Default: `LIMITS`. */
  readonly limits?: Partial<Limits>;
  /** Of the waiting times after faults; tests have less patience. */
  readonly patience?: number;
  /** How long the start waits for a store that does not answer: the spool takes the rows meanwhile. Default: 5 s. */
  readonly contactMs?: number;
  /** How long flush and close wait for the store to take what the spool holds. Default: 10 s. */
  readonly drainMs?: number;
}

/** What the sink did so far. */
export interface SinkStatus extends Readonly<TableCounts> {
  /** Blocks in the spool, those that are being shipped included. */
  readonly blocks: number;
  readonly bytes: number;
}

const CONTACT_MS = 5000;
const DRAIN_MS = 10_000;
const TICK_MS = 250;
const LEDGER_MS = 60_000;
/** Gathered rows of all streams together; beyond it blocks are sealed before they are as large as they could be. */
const GATHERED_BYTES = 64_000_000;

/**
 * Stores batches in ClickHouse. Rows are copied into blocks in memory, blocks are sealed into files of the spool, and
 * files are shipped, acknowledged and deleted: there is no other way, whatever the engine, so that a server that is
 * away, a restart and a kill are all the same.
 *
 * A write settles when its rows are copied. A row is safe from the end of the process once its block is sealed, at
 * latest after `limits.intervalMs`.
 */
export class ClickHouseSink implements Sink {
  private readonly options: ClickHouseSinkOptions;
  private readonly context: SinkContext;
  private readonly identity: Identity;
  private readonly counts = new Counts();
  private readonly pace: Pace;
  private readonly spool: Spool;
  private readonly destination: Destination;
  private readonly shipper: Shipper;
  private readonly recorder: LedgerRecorder;
  private readonly sequences = new Map<string, Sequence>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly hurry = () => this.spool.hurry();
  private streams = new Map<Schema, StreamWriter>();
  private state: 'new' | 'open' | 'closed' = 'new';
  private generation = 0;
  private isShipping = false;

  constructor(options: ClickHouseSinkOptions, context: SinkContext) {
    const { engine, tables, inFlight, patience } = options;
    const { log } = context;
    this.options = options;
    this.context = context;
    this.identity = { host: context.agent.name, boot: randomBytes(8).toString('hex') };
    this.pace = new Pace({ ...LIMITS, ...options.limits });
    this.spool = new Spool(options.spool, this.identity.boot, this.counts, log);
    const { host } = this.identity;
    this.destination = new Destination({ engine, settings: tables, host, folder: options.spool.folder, log });
    this.recorder = new LedgerRecorder(context, this.counts, Date.now());
    this.shipper = new Shipper({
      engine,
      spool: this.spool,
      destination: this.destination,
      database: tables.database,
      pace: this.pace,
      log,
      inFlight,
      onPrepared: () => this.retarget(),
      ...(patience === undefined ? {} : { patience }),
    });
  }

  get status(): SinkStatus {
    return { ...this.counts.total(), blocks: this.spool.blocks, bytes: this.spool.bytes };
  }

  /**
   * A store that does not answer is no reason not to start: the spool is there for that.
   *
   * @throws SkepError SKEP_SINK for a spool that cannot be used; SKEP_SCHEMA for names that cannot be, or a table of
   *   someone else's; SKEP_STORE when a store that was never reached before refuses user or password.
   */
  async open(schemas: readonly Schema[]): Promise<void> {
    if (this.state === 'new') await this.begin();
    const gone = [...this.streams.keys()].some((schema) => !this.recorder.owns(schema) && !schemas.includes(schema));
    if (gone) await this.record();
    const before = this.streams;
    const ledger = [...new Set(schemas.map(({ source }) => source))].map((source) => this.recorder.lossesOf(source));
    const wanted = [...schemas, ...ledger, this.recorder.agents];
    this.streams = new Map(wanted.map((schema) => [schema, before.get(schema) ?? this.writerOf(schema)]));
    this.destination.setSchemas(wanted);
    for (const [schema, writer] of before) if (!this.streams.has(schema)) await writer.seal();
    await this.firstContact();
    this.spool.changed.notify();
  }

  /** The first interval of the ledger begins. */
  async start(): Promise<void> {
    this.recorder.begin(Date.now());
    const untilMinute = LEDGER_MS - (Date.now() % LEDGER_MS);
    // At full minutes, so that an hour is a whole number of intervals.
    this.timers.push(setTimeout(() => this.keepRecords(), untilMinute).unref());
  }

  async write(batch: Batch): Promise<void> {
    const writer = this.streams.get(batch.schema);
    if (!writer || this.state !== 'open') {
      const { source, stream } = batch.schema;
      throw new SkepError('SKEP_INTERNAL', `sink ${this.context.name} is not open for stream ${source}.${stream}`);
    }
    if (this.gatheredBytes > GATHERED_BYTES) await writer.seal();
    await writer.write(batch);
  }

  /** Settles when everything is sealed, and stored if the store takes it in time. */
  async flush(): Promise<void> {
    if (this.state !== 'open') return;
    await this.sealAll();
    await this.shipper.drained(this.drainMs);
  }

  /** What the store does not take in time stays in the spool for the next start. */
  async close(): Promise<void> {
    if (this.state !== 'open') return;
    for (const timer of this.timers) clearTimeout(timer);
    this.spool.hurry();
    try {
      await this.record();
      await this.flush();
    } finally {
      this.state = 'closed';
      this.context.stopping.removeEventListener('abort', this.hurry);
      const patience = setTimeout(() => void this.options.engine.close(), this.drainMs);
      await this.shipper.stop();
      clearTimeout(patience);
      await this.options.engine.close();
      const { dropped } = this.counts.total();
      if (dropped > 0) this.context.log.warn(`${dropped} rows were dropped by the spool: the store does not get them`);
      const { blocks, bytes } = this.spool;
      if (blocks > 0) this.context.log.info(`${blocks} blocks (${bytes} bytes) wait in the spool for the next start`);
      await this.spool.close();
    }
  }

  private async begin(): Promise<void> {
    await this.spool.open();
    await this.destination.recall();
    this.state = 'open';
    this.context.stopping.addEventListener('abort', this.hurry);
    const tick = () => {
      const now = performance.now();
      for (const writer of this.streams.values()) writer.tick(now);
    };
    this.timers.push(setInterval(tick, Math.min(TICK_MS, this.pace.intervalMs)).unref());
  }

  /** Types in blocks follow the tables, so it is worth a moment to know them before the first row. */
  private async firstContact(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, this.options.contactMs ?? CONTACT_MS, 'late');
    });
    try {
      if ((await Promise.race([this.destination.prepare(), late])) !== 'late') this.retarget();
    } catch (error) {
      if (!isSkepError(error) || error.code !== 'SKEP_STORE' || this.isRefusal(error as StoreError)) {
        if (!this.isShipping) await this.abandon();
        throw error;
      }
      this.context.log.warn(`rows wait in the spool: ${error.message}`);
    } finally {
      clearTimeout(timer);
    }
    if (!this.isShipping) this.shipper.start();
    this.isShipping = true;
  }

  /** A wrong password at the first start is a mistake to be told; later it may be the server's. */
  private isRefusal({ fault }: StoreError): boolean {
    return fault === 'access' && !this.destination.isKnown;
  }

  private async abandon(): Promise<void> {
    this.state = 'closed';
    for (const timer of this.timers) clearTimeout(timer);
    await this.options.engine.close();
    await this.spool.close();
  }

  private writerOf(schema: Schema): StreamWriter {
    const key = `${schema.source}\0${schema.plugin}\0${schema.stream}`;
    const sequence = this.sequences.get(key) ?? { next: 0n };
    this.sequences.set(key, sequence);
    const { identity, spool, pace: limits, counts } = this;
    const options = { identity, spool, limits, counts };
    return new StreamWriter(this.destination.tablesOf(schema), sequence, options, this.context.log);
  }

  /** Blocks are made for the tables as they are found to be. */
  private retarget(): void {
    if (this.generation === this.destination.generation) return;
    this.generation = this.destination.generation;
    for (const [schema, writer] of this.streams) writer.retarget(this.destination.tablesOf(schema));
  }

  private keepRecords(): void {
    const record = () => {
      this.record().catch((error: unknown) => this.context.log.error((error as Error).message));
    };
    record();
    this.timers.push(setInterval(record, LEDGER_MS).unref());
  }

  /** End the interval of the ledger, and store its rows as any others. */
  private async record(): Promise<void> {
    const streams: Accounted[] = [];
    for (const [schema, { sequence }] of this.streams) {
      if (this.recorder.owns(schema)) continue;
      const { source, stream } = schema;
      const table = this.destination.tablesOf(schema)[0]!.name;
      streams.push({ source, stream, table, nextSequence: sequence.next });
    }
    for (const batch of this.recorder.record(streams, Date.now())) await this.streams.get(batch.schema)?.write(batch);
  }

  private async sealAll(): Promise<void> {
    const results = await Promise.allSettled([...this.streams.values()].map((writer) => writer.seal()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private get drainMs(): number {
    return this.options.drainMs ?? DRAIN_MS;
  }

  private get gatheredBytes(): number {
    let bytes = 0;
    for (const writer of this.streams.values()) bytes += writer.bytes;
    return bytes;
  }
}
