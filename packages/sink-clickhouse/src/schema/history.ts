import { createHash } from 'node:crypto';
import type { Capabilities } from '../capabilities.js';
import { columnDefinition, definitionParts, onCluster, tableReference } from './create.js';
import { literal, quoted } from './names.js';
import { bestRepresentation, type ValueKind } from './representation.js';
import type { Table, TableSettings } from './table.js';
import type { View } from './views.js';

/** Name of the table of versions. */
export const HISTORY = 'skep_schema';

/** The table that says since when a stream has which columns. */
export function createHistory(settings: TableSettings, capabilities: Capabilities): string {
  const parts = definitionParts(settings, capabilities);
  const column = (name: string, kind: ValueKind, comment: string) =>
    columnDefinition({ name, comment, representation: bestRepresentation(kind, capabilities) }, parts);
  const definitions = [
    column('stream', 'word', 'table of the stream'),
    column('version', 'text', 'hash of columns and views: the same for agents that agree'),
    column('columns', 'list', 'names and types'),
    column('host', 'word', 'agent that was the first with it'),
    column('applied', 'seconds', 'when, UTC'),
  ];
  // One table for the whole cluster, so every server is a replica of it.
  const engine = settings.cluster?.replicated
    ? `ReplicatedMergeTree(${literal(`/clickhouse/tables/skep/${settings.database}/${HISTORY}`)}, '{shard}-{replica}')`
    : 'MergeTree()';
  return (
    `CREATE TABLE IF NOT EXISTS ${reference(settings)}${onCluster(settings)}\n(\n  ${definitions.join(',\n  ')}\n)\n` +
    `ENGINE = ${engine}\nORDER BY (${quoted('stream')}, ${quoted('applied')})`
  );
}

/** The same for every agent whose stream has these columns and views. */
export function schemaVersion(table: Table, views: readonly View[]): string {
  const text = JSON.stringify([columnList(table), views.map(({ name, select }) => [name, select])]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Counts the rows that record this version: 0 or more. */
export function knownVersionQuery(table: Table, version: string, settings: TableSettings): string {
  return (
    `SELECT count() AS ${quoted('known')} FROM ${reference(settings)} ` +
    `WHERE ${quoted('stream')} = ${literal(table.name)} AND ${quoted('version')} = ${literal(version)}`
  );
}

export function recordVersion(table: Table, version: string, host: string, settings: TableSettings): string {
  const columns = columnList(table).map(literal).join(', ');
  return (
    `INSERT INTO ${reference(settings)} (stream, version, columns, host, applied) ` +
    `SELECT ${literal(table.name)}, ${literal(version)}, [${columns}], ${literal(host)}, now()`
  );
}

function columnList({ columns }: Table): string[] {
  return columns.map(({ name, representation }) => `${name} ${representation.type}`);
}

function reference({ database }: TableSettings): string {
  return tableReference({ database, name: HISTORY });
}
