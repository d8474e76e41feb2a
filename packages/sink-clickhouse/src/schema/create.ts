import type { Capabilities } from '../capabilities.js';
import { checkCluster, checkDatabase, literal, quoted } from './names.js';
import type { AliasColumn, Column, Table, TableSettings } from './table.js';
import { timeExpression } from './time.js';

const DAY_MS = 86_400_000;
const WINDOW = 1000;
const SHARED_WINDOW = 10_000;
/** Longer than the server's default of an hour: a spool may be away for a week. */
const REPLICATED_WINDOW_S = 604_800;

/** `{database}.{table}`, quoted, for INSERT and SELECT. */
export function tableReference({ database, name }: Pick<Table, 'database' | 'name'>): string {
  return `${quoted(database)}.${quoted(name)}`;
}

/** Settings that an insert into these tables needs: a Distributed table acknowledges before its shard, if not told. */
export function insertSettings(settings: TableSettings): Readonly<Record<string, string>> {
  return settings.cluster ? { insert_distributed_sync: '1' } : {};
}

/** Statement that makes the database. */
export function createDatabase(settings: TableSettings): string {
  return `CREATE DATABASE IF NOT EXISTS ${quoted(checkDatabase(settings.database))}${onCluster(settings)}`;
}

/** Statements that make a table where it does not exist, each without a semicolon at its end. */
export function createStatements(table: Table, settings: TableSettings, capabilities: Capabilities): string[] {
  const parts = definitionParts(settings, capabilities);
  const definitions = [
    ...table.columns.map((column) => columnDefinition(column, parts)),
    ...table.aliases.map((alias) => aliasDefinition(alias, parts)),
  ];
  const clauses = [
    `ENGINE = ${engine(table, settings)}`,
    ...(table.partitionBy === undefined ? [] : [`PARTITION BY ${table.partitionBy}`]),
    `ORDER BY (${table.orderBy.map(quoted).join(', ')})`,
    ...ttlClause(table, settings, capabilities),
    ...settingsClause(settings, capabilities),
  ];
  const local = tableReference({ database: table.database, name: table.localName });
  const create = `CREATE TABLE IF NOT EXISTS ${local}${onCluster(settings)}\n(\n  ${definitions.join(',\n  ')}\n)\n${clauses.join('\n')}`;
  return [create, ...distributedStatements(table, settings)];
}

/** What a column's definition may say on this engine. */
export interface DefinitionParts {
  readonly codecs: boolean;
  readonly comments: boolean;
}

export function definitionParts({ cluster }: TableSettings, capabilities: Capabilities): DefinitionParts {
  return { codecs: capabilities.codecs, comments: !cluster?.replicated || capabilities.replicatedComments };
}

export function columnDefinition(
  column: Pick<Column, 'name' | 'representation' | 'comment'>,
  parts: DefinitionParts,
): string {
  const { type, codec } = column.representation;
  const compression = codec !== undefined && parts.codecs ? ` CODEC(${codec})` : '';
  return `${quoted(column.name)} ${type}${comment(column.comment, parts)}${compression}`;
}

export function aliasDefinition(
  { name, type, expression, comment: text }: AliasColumn,
  parts: DefinitionParts,
): string {
  return `${quoted(name)} ${type} ALIAS ${expression}${comment(text, parts)}`;
}

/**
 * On a cluster the table of the stream's name spreads rows over the shards by host: what a host wrote is on one shard,
 * and a repeated insert meets its first attempt there.
 */
export function distributedStatements(table: Table, settings: TableSettings): string[] {
  const { cluster } = settings;
  if (!cluster) return [];
  const { database, localName } = table;
  const key = table.columns.some((column) => column.name === 'host') ? 'cityHash64(host)' : 'stack_id';
  return [
    `CREATE TABLE IF NOT EXISTS ${tableReference(table)}${onCluster(settings)}\n` +
      `AS ${tableReference({ database, name: localName })}\n` +
      `ENGINE = Distributed(${quoted(checkCluster(cluster.name))}, ${quoted(database)}, ${quoted(localName)}, ${key})`,
  ];
}

/** ` ON CLUSTER name`, or nothing. */
export function onCluster({ cluster }: TableSettings): string {
  return cluster?.onCluster ? ` ON CLUSTER ${quoted(checkCluster(cluster.name))}` : '';
}

function comment(text: string, { comments }: DefinitionParts): string {
  return text === '' || !comments ? '' : ` COMMENT ${literal(text)}`;
}

function engine(table: Table, { cluster }: TableSettings): string {
  const kind = table.replacedBy === undefined ? '' : 'Replacing';
  const version = table.replacedBy === undefined ? [] : [quoted(table.replacedBy)];
  if (!cluster?.replicated) return `${kind}MergeTree(${version.join(', ')})`;
  const path = literal(`/clickhouse/tables/{shard}/${table.database}/${table.localName}`);
  return `Replicated${kind}MergeTree(${[path, literal('{replica}'), ...version].join(', ')})`;
}

/** The expression a row is deleted by. A stack outlives its last sample: agents write it once a day. */
export function ttlExpression(table: Table, ttlMs: number): string {
  const seconds = Math.ceil((ttlMs + (table.replacedBy === undefined ? 0 : 2 * DAY_MS)) / 1000);
  const [count, unit] =
    seconds % 86_400 === 0
      ? [seconds / 86_400, 'DAY']
      : seconds % 3600 === 0
        ? [seconds / 3600, 'HOUR']
        : [seconds, 'SECOND'];
  return `toDateTime(${timeExpression(table)}) + INTERVAL ${count} ${unit}`;
}

function ttlClause(table: Table, { ttlMs }: TableSettings, capabilities: Capabilities): string[] {
  return ttlMs === undefined || !capabilities.ttl ? [] : [`TTL ${ttlExpression(table, ttlMs)}`];
}

function settingsClause(settings: TableSettings, capabilities: Capabilities): string[] {
  const { cluster, ttlMs, fsync } = settings;
  const window = settings.deduplicationWindow ?? (cluster ? SHARED_WINDOW : WINDOW);
  const list: string[] = ['index_granularity = 8192'];
  if (capabilities.ttl && ttlMs !== undefined) list.push('ttl_only_drop_parts = 1', 'merge_with_ttl_timeout = 3600');
  if (cluster?.replicated) {
    list.push(
      `replicated_deduplication_window = ${window}`,
      `replicated_deduplication_window_seconds = ${REPLICATED_WINDOW_S}`,
    );
  } else if (capabilities.deduplicationToken) {
    list.push(`non_replicated_deduplication_window = ${window}`);
  }
  if (fsync && capabilities.deduplicationToken) list.push('fsync_after_insert = 1', 'fsync_part_directory = 1');
  return [`SETTINGS ${list.join(', ')}`];
}
