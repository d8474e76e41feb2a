import { type Batch, meanings as builtin, type Meanings } from '@skep/core';
import type { Identity } from '../identity.js';
import type { Table } from '../schema/table.js';
import type { ColumnWriter } from './column-writer.js';
import { createColumnWriter } from './create-writer.js';
import { NewRows } from './new-rows.js';
import { varuint } from './varuint.js';

const utf8 = new TextEncoder();

/**
 * Collects batches of one stream into one block of ClickHouse's Native format, column by column; no row is ever made.
 *
 * `add` copies, so the batch's memory is free once it returns. Names and types in the block are those of the table:
 * servers before 23.3 convert nothing.
 * @see https://clickhouse.com/docs/interfaces/formats/Native
 */
export class BlockBuilder {
  readonly table: Table;
  private rowCount = 0;
  private readonly columns: readonly { readonly header: Uint8Array; readonly writer: ColumnWriter }[];
  private readonly newRows: NewRows | undefined;

  constructor(table: Table, identity: Identity, meanings: Meanings = builtin) {
    this.table = table;
    this.columns = table.columns.map((column) => ({
      header: Buffer.concat([text(column.name), text(column.representation.type)]),
      writer: createColumnWriter(column, table, identity, meanings),
    }));
    this.newRows = table.onlyNew && new NewRows(table.onlyNew.index);
  }

  get rows(): number {
    return this.rowCount;
  }

  /** About as many as `take` will give. */
  get bytes(): number {
    let bytes = 0;
    for (const { header, writer } of this.columns) bytes += header.length + writer.bytes;
    return bytes;
  }

  /** @param firstSequence sequence of the batch's first row; the others follow it */
  add(batch: Batch, firstSequence: bigint): void {
    const rows = this.newRows ? this.newRows.select(batch) : batch;
    if (rows.rows === 0) return;
    for (const { writer } of this.columns) writer.add(rows, firstSequence);
    this.rowCount += rows.rows;
  }

  /**
   * The block, in pieces to be written one after the other; nothing when there are no rows. The builder is empty then,
   * and can be filled while the pieces are written.
   */
  take(): Uint8Array[] {
    if (this.rowCount === 0) return [];
    const parts = [varuint(this.columns.length), varuint(this.rowCount)];
    for (const { header, writer } of this.columns) parts.push(header, ...writer.take());
    this.rowCount = 0;
    return parts;
  }

  /**
   * The pieces that were taken last have been written: their memory is filled again. Without this call they stay as they
   * are, and every block costs fresh memory, half as much again.
   */
  giveBack(): void {
    for (const { writer } of this.columns) writer.giveBack();
  }
}

function text(value: string): Uint8Array {
  const bytes = utf8.encode(value);
  return Buffer.concat([varuint(bytes.length), bytes]);
}
