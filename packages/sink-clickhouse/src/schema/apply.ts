import type { Capabilities } from '../capabilities.js';
import type { Engine } from '../engine.js';
import { createDatabase, createStatements, distributedStatements, onCluster, tableReference } from './create.js';
import { createHistory, HISTORY, knownVersionQuery, recordVersion, schemaVersion } from './history.js';
import { type Addition, additions, adoptColumns, type ExistingColumn, ttlStatements } from './migrate.js';
import { literal } from './names.js';
import type { Table, TableSettings } from './table.js';
import { viewStatements, viewsOf } from './views.js';

export interface ApplyOptions {
  readonly settings: TableSettings;
  readonly capabilities: Capabilities;
  /** Name of the agent, for the table of versions. */
  readonly host: string;
  /** Told of what could not be done and is not needed for storing: views, and the table of versions. */
  warn(message: string): void;
}

/**
 * Bring the database to what these tables need: make what is missing, add columns, and never drop or change one. Returns
 * the tables as blocks have to be made for them. Safe to run from several agents at once, of different versions too.
 *
 * @throws SkepError SKEP_SCHEMA for a table that skep did not make; and what the engine rejects with.
 */
export async function applySchema(engine: Engine, tables: readonly Table[], options: ApplyOptions): Promise<Table[]> {
  const { settings, capabilities } = options;
  // Asked first: a user who may not make databases can still use one that is there.
  const databases = await engine.rows(`SELECT 1 FROM system.databases WHERE name = ${literal(settings.database)}`);
  if (databases.length === 0) await engine.command(createDatabase(settings));
  const applied: Table[] = [];
  // One after the other: two sources of one plugin share a table.
  for (const table of tables) applied.push(await applyTable(engine, table, options));
  try {
    if ((await columnsOf(engine, settings.database, HISTORY)).length === 0 || settings.cluster) {
      await engine.command(createHistory(settings, capabilities));
    }
    for (const table of applied) await applyViews(engine, table, options);
  } catch (error) {
    options.warn(`views are not up to date: ${error instanceof Error ? error.message : String(error)}`);
  }
  return applied;
}

async function applyTable(engine: Engine, table: Table, { settings, capabilities }: ApplyOptions): Promise<Table> {
  let existing = await columnsOf(engine, table.database, table.localName);
  // On a cluster this server may have what another one lacks.
  if (existing.length === 0 || settings.cluster) {
    for (const sql of createStatements(table, settings, capabilities)) await engine.command(sql);
    existing = await columnsOf(engine, table.database, table.localName);
  }
  const adopted = adoptColumns(table, existing);
  for (const addition of additions(adopted, table.localName, existing, settings, capabilities)) {
    await addColumn(engine, addition, table.database, table.localName);
  }
  if (settings.cluster) await bringUpDistributed(engine, adopted, settings, capabilities);
  if (settings.ttlMs !== undefined && capabilities.ttl) {
    const found = await engine.rows<{ engine_full: string }>(
      `SELECT engine_full FROM system.tables WHERE database = ${literal(table.database)} AND name = ${literal(table.localName)}`,
    );
    for (const sql of ttlStatements(table, found[0]?.engine_full ?? '', settings, capabilities)) {
      await engine.command(sql);
    }
  }
  return adopted;
}

/** The Distributed table has its own list of columns. It stores nothing, so where it cannot be altered it is made anew. */
async function bringUpDistributed(
  engine: Engine,
  table: Table,
  settings: TableSettings,
  capabilities: Capabilities,
): Promise<void> {
  const { database, name } = table;
  const missing = additions(table, name, await columnsOf(engine, database, name), settings, capabilities);
  if (missing.length === 0) return;
  if (capabilities.alterDistributed) {
    for (const addition of missing) await addColumn(engine, addition, database, name);
    return;
  }
  await engine.command(`DROP TABLE IF EXISTS ${tableReference(table)}${onCluster(settings)}`);
  for (const sql of distributedStatements(table, settings)) await engine.command(sql);
}

/** Another agent may add the same column at the same moment, and old servers have no IF NOT EXISTS for it. */
async function addColumn(engine: Engine, { column, sql }: Addition, database: string, table: string): Promise<void> {
  try {
    await engine.command(sql);
  } catch (error) {
    const now = await columnsOf(engine, database, table);
    if (!now.some(({ name }) => name === column)) throw error;
  }
}

function columnsOf(engine: Engine, database: string, table: string): Promise<ExistingColumn[]> {
  return engine.rows<ExistingColumn>(
    `SELECT name, type, default_kind FROM system.columns WHERE database = ${literal(database)} AND table = ${literal(table)}`,
  );
}

/** Views are replaced by the first agent that has them so: one of an older version leaves them alone later. */
async function applyViews(engine: Engine, table: Table, options: ApplyOptions): Promise<void> {
  const { settings, capabilities, host } = options;
  const views = viewsOf(table);
  const version = schemaVersion(table, views);
  const [found] = await engine.rows<{ known: string | number }>(knownVersionQuery(table, version, settings));
  if (Number(found?.known ?? 0) > 0) return;
  for (const view of views) {
    for (const sql of viewStatements(table, view, settings, capabilities)) await engine.command(sql);
  }
  await engine.command(recordVersion(table, version, host, settings));
}
