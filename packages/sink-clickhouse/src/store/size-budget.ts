import type { Engine } from '../engine.js';
import { literal, quoted } from '../schema/names.js';

interface Part {
  readonly table: string;
  readonly name: string;
  readonly partition: string;
  readonly bytes: string;
  readonly rows: string;
}

/** Of tables that skep partitions by day; 20260131. */
const DAY = /^\d{8}$/;

export interface Dropped {
  readonly bytes: number;
  readonly rows: number;
}

/**
 * Drop the oldest rows of a database until it takes at most `maxBytes` on disk. Whole days first; of the newest day, when
 * it is too large by itself, the parts written first. Works on a full disk. The last part of a table stays.
 */
export async function keepToSize(engine: Engine, database: string, maxBytes: number): Promise<Dropped> {
  const parts = await engine.rows<Part>(
    `SELECT table, name, partition, toString(bytes_on_disk) AS bytes, toString(rows) AS rows FROM system.parts ` +
      `WHERE active AND database = ${literal(database)} ORDER BY partition, min_block_number`,
  );
  let total = sum(parts, 'bytes');
  const days = parts.filter(({ partition }) => DAY.test(partition));
  const newest = days.at(-1)?.partition;
  const dropped: Part[] = [];
  const drop = async (what: string, gone: readonly Part[]): Promise<void> => {
    await engine.command(`ALTER TABLE ${quoted(database)}.${quoted(gone[0]!.table)} DROP ${what}`);
    dropped.push(...gone);
    total -= sum(gone, 'bytes');
  };
  const inDay = (part: Part) => `${part.partition} ${part.table}`;
  for (const key of new Set(days.filter(({ partition }) => partition !== newest).map(inDay))) {
    if (total <= maxBytes) break;
    await drop(
      `PARTITION ${key.slice(0, 8)}`,
      days.filter((part) => inDay(part) === key),
    );
  }
  for (const part of days.filter(({ partition }) => partition === newest)) {
    if (total <= maxBytes) break;
    const isLast = days.findLast(({ table }) => table === part.table) === part;
    if (!isLast) await drop(`PART ${literal(part.name)}`, [part]);
  }
  return { bytes: sum(dropped, 'bytes'), rows: sum(dropped, 'rows') };
}

function sum(parts: readonly Part[], what: 'bytes' | 'rows'): number {
  return parts.reduce((total, part) => total + Number(part[what]), 0);
}
