import type { Batch } from '@skep/core';
import type { Counts, TableCounts } from '../counts.js';
import type { Identity } from '../identity.js';
import { BlockBuilder } from '../native/block-builder.js';
import type { Table } from '../schema/table.js';
import type { Layout } from '../spool/layout.js';
import type { Spool } from '../spool/spool.js';
import type { Limits } from './pace.js';

export interface TableWriterOptions {
  readonly identity: Identity;
  readonly spool: Spool;
  readonly limits: Limits;
  readonly counts: Counts;
}

/** Gathers the rows of one source for one table into blocks, and has them sealed. */
export class TableWriter {
  readonly counts: TableCounts;
  private readonly options: TableWriterOptions;
  private readonly layout: Layout;
  private readonly builder: BlockBuilder;
  /** Sequence number of the block's first row. */
  private first = 0n;
  private since = 0;
  private sealing: Promise<void> | undefined;

  constructor(table: Table, options: TableWriterOptions) {
    this.options = options;
    this.builder = new BlockBuilder(table, options.identity);
    this.layout = {
      host: options.identity.host,
      source: table.schema.source,
      table: table.name,
      columns: table.columns.map(({ name, representation }) => ({ name, type: representation.type })),
    };
    this.counts = options.counts.of(this.layout);
  }

  /** Whether blocks made for `table` look the same. */
  fits(table: Table): boolean {
    const types = table.columns.map(({ name, representation }) => ({ name, type: representation.type }));
    return JSON.stringify(types) === JSON.stringify(this.layout.columns);
  }

  get bytes(): number {
    return this.builder.bytes;
  }

  get isSealing(): boolean {
    return this.sealing !== undefined;
  }

  /** Whether a block is as large as it should get. */
  get isFull(): boolean {
    const { limits } = this.options;
    return this.builder.rows >= limits.rows || this.builder.bytes >= limits.bytes;
  }

  /** Whether the oldest row of the block has waited long enough. */
  isDue(now: number): boolean {
    return this.builder.rows > 0 && now - this.since >= this.options.limits.intervalMs;
  }

  /** Copy the rows of a batch. */
  add(batch: Batch, sequence: bigint): void {
    const before = this.builder.rows;
    this.builder.add(batch, sequence);
    if (before === 0) {
      this.first = sequence;
      this.since = performance.now();
    }
    this.counts.taken += this.builder.rows - before;
  }

  /**
   * Seal what was gathered; settles when it is in the spool. While a block is being sealed the next is gathered, and
   * sealed after it.
   *
   * @throws SkepError SKEP_SINK when its rows were lost: see `Spool.put`.
   */
  seal(): Promise<void> {
    if (this.sealing) return this.sealing.catch(() => undefined).then(() => this.seal());
    if (this.builder.rows === 0) return Promise.resolve();
    const { rows } = this.builder;
    const buffers = this.builder.take();
    this.sealing = this.options.spool
      .put({ layout: this.layout, sequence: Number(this.first), rows, buffers })
      .finally(() => {
        this.builder.giveBack();
        this.sealing = undefined;
      });
    return this.sealing;
  }

  /** Settles when the block that is being sealed is, or is lost. */
  async sealed(): Promise<void> {
    await this.sealing?.catch(() => undefined);
  }
}
