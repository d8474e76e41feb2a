import type { Engine } from '../engine.js';
import { tableReference } from '../schema/create.js';
import type { SealedBlock } from '../spool/sealed-block.js';

/**
 * Whether the store, which has just acknowledged a block that it may have been sent before, really has it.
 *
 * A MergeTree table notes the token of an insert just before it puts the rows in their place. Killed in between, the
 * store takes every retry for a duplicate: it acknowledges rows that are nowhere (seen once in some sixty kills in the
 * middle of inserts). So the rows are counted when the store was started after the block was sealed.
 *
 * @returns undefined when nobody can tell: the table has no sequence numbers, as those of stacks
 * @throws StoreError
 */
export async function isPresent(engine: Engine, database: string, block: SealedBlock): Promise<boolean | undefined> {
  const [server] = await engine.rows<{ seconds: number }>('SELECT toUInt32(uptime()) AS seconds');
  // Whole seconds, rounded up or down.
  const startedAtMs = Date.now() - (Number(server?.seconds ?? 0) - 1) * 1000;
  if (startedAtMs < block.sealedAtMs) return true;
  const { layout, boot, sequence, rows } = block;
  if (!layout.columns.some(({ name }) => name === 'seq')) return undefined;
  const [found] = await engine.rows<{ rows: string }>(
    `SELECT toString(uniqExact(seq)) AS rows FROM ${tableReference({ database, name: layout.table })} ` +
      'WHERE host = {host:String} AND boot = {boot:String} AND source = {source:String} ' +
      'AND seq >= {first:UInt64} AND seq < {end:UInt64}',
    { host: layout.host, boot, source: layout.source, first: sequence, end: sequence + rows },
  );
  return Number(found?.rows) === rows;
}
