import type { Batch, Log } from '@skep/core';
import type { Table } from '../schema/table.js';
import { TableWriter, type TableWriterOptions } from './table-writer.js';
import { Turns } from './turns.js';

/** Counts the rows of a source's stream; writers of the same one share it, as a reload may have two for a moment. */
export interface Sequence {
  next: bigint;
}

/** Takes the batches of one schema: into one table, or into two for stacks. */
export class StreamWriter {
  readonly sequence: Sequence;
  private readonly options: TableWriterOptions;
  private readonly log: Log;
  private readonly turns = new Turns();
  private tables: readonly TableWriter[];

  constructor(tables: readonly Table[], sequence: Sequence, options: TableWriterOptions, log: Log) {
    this.sequence = sequence;
    this.options = options;
    this.log = log;
    this.tables = tables.map((table) => new TableWriter(table, options));
  }

  /** Bytes that are gathered and not yet being sealed. */
  get bytes(): number {
    return this.tables.reduce((sum, table) => sum + table.bytes, 0);
  }

  /**
   * Copy the rows. Settles at once, unless a block is full while the one before it is still being sealed: the disk, or
   * a spool that is full, sets the pace.
   */
  write(batch: Batch): Promise<void> {
    return this.turns.take(async () => {
      if (batch.rows === 0) return;
      for (const table of this.tables) if (table.isFull) await table.sealed();
      const first = this.sequence.next;
      this.sequence.next += BigInt(batch.rows);
      for (const table of this.tables) {
        if (table.isFull) this.sealLater(table);
        table.add(batch, first);
        if (table.isFull && !table.isSealing) this.sealLater(table);
      }
    });
  }

  /** Seal the blocks that are due. */
  tick(now: number): void {
    for (const table of this.tables) if (table.isDue(now) && !table.isSealing) this.sealLater(table);
  }

  /**
   * Settles when everything written so far is in the spool.
   *
   * @throws SkepError SKEP_SINK when rows were lost.
   */
  seal(): Promise<void> {
    return this.turns.take(async () => {
      await Promise.all(this.tables.map((table) => table.seal()));
    });
  }

  /** From the next batch on blocks are made for these tables. */
  retarget(tables: readonly Table[]): void {
    if (tables.every((table, n) => this.tables[n]?.fits(table))) return;
    const before = this.tables;
    this.tables = tables.map((table) => new TableWriter(table, this.options));
    for (const table of before) this.sealLater(table);
  }

  private sealLater(table: TableWriter): void {
    table.seal().catch((error: unknown) => this.log.error(error instanceof Error ? error.message : String(error)));
  }
}
