import type { Engine } from '../engine.js';
import { onCluster } from './create.js';
import { literal, quoted } from './names.js';
import type { Table, TableSettings } from './table.js';

const DAY_MS = 86_400_000;

/**
 * Drop the days that are over the TTL as a whole, where the server has no TTL clause (before 19.15); returns how many.
 * A partition is a day, and its name that day: 20260131.
 */
export async function dropExpiredDays(
  engine: Engine,
  tables: readonly Table[],
  settings: TableSettings,
  nowMs: number = Date.now(),
): Promise<number> {
  if (settings.ttlMs === undefined) return 0;
  const oldest = dayNumber(nowMs - settings.ttlMs);
  let dropped = 0;
  for (const table of tables) {
    if (table.partitionBy === undefined) continue;
    const found = await engine.rows<{ partition: string }>(
      `SELECT DISTINCT partition FROM system.parts WHERE active AND database = ${literal(table.database)} ` +
        `AND table = ${literal(table.localName)} ORDER BY partition`,
    );
    for (const { partition } of found) {
      if (!/^\d{8}$/.test(partition) || Number(partition) >= oldest) continue;
      const name = `${quoted(table.database)}.${quoted(table.localName)}`;
      await engine.command(`ALTER TABLE ${name}${onCluster(settings)} DROP PARTITION ${partition}`);
      dropped++;
    }
  }
  return dropped;
}

/** 20260131 for the UTC day of this moment. */
function dayNumber(ms: number): number {
  return Number(new Date(Math.floor(ms / DAY_MS) * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''));
}
