import { SkepError } from '@skep/core';
import type { Capabilities } from '../capabilities.js';
import { aliasDefinition, columnDefinition, definitionParts, onCluster, ttlExpression } from './create.js';
import { quoted } from './names.js';
import { representationOf } from './representation.js';
import type { Column, Table, TableSettings } from './table.js';

/** A row of system.columns. */
export interface ExistingColumn {
  readonly name: string;
  readonly type: string;
  /** `ALIAS` and `MATERIALIZED` cannot be written; '' and `DEFAULT` can. */
  readonly default_kind: string;
}

/**
 * The table as it can be written into what is already there. A column keeps the type it has there when values fit it
 * without loss; one whose type has changed gets a second column, `pid` then `pid_uint64`: no type is ever changed in
 * place, so an agent of the old version goes on writing beside one of the new.
 *
 * @throws SkepError SKEP_SCHEMA when the table is not one of skep's.
 */
export function adoptColumns(table: Table, existing: readonly ExistingColumn[]): Table {
  const there = new Map(existing.map((column) => [column.name, column]));
  const columns = table.columns.map((column) => {
    const found = there.get(column.name);
    if (!found) return column;
    const adopted = withTypeOf(column, found);
    if (adopted) return adopted;
    if (column.name === table.timeColumn) {
      throw new SkepError(
        'SKEP_SCHEMA',
        `table ${table.database}.${table.localName} has a column ${column.name} of type ${found.type}: skep did not make it`,
        'rename that table, or choose another database',
      );
    }
    const renamed = { ...column, name: `${column.name}_${suffixOf(column.representation.type)}` };
    const second = there.get(renamed.name);
    return (second && withTypeOf(renamed, second)) ?? renamed;
  });
  return { ...table, columns };
}

function withTypeOf(column: Column, { type, default_kind }: ExistingColumn): Column | undefined {
  if (default_kind !== '' && default_kind !== 'DEFAULT') return undefined;
  const representation = representationOf(column.kind, type);
  return representation && { ...column, representation };
}

/** `LowCardinality(String)` becomes `lowcardinality_string`: the same on every agent, whatever came before. */
function suffixOf(type: string): string {
  return type
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

/** A column that a table lacks, and the statement that adds it. */
export interface Addition {
  readonly column: string;
  readonly sql: string;
}

/**
 * What has to be added to a table that has the columns `existing`, after `adoptColumns`; `name` is the local table, or
 * the Distributed one over it.
 */
export function additions(
  table: Table,
  name: string,
  existing: readonly ExistingColumn[],
  settings: TableSettings,
  capabilities: Capabilities,
): Addition[] {
  const there = new Set(existing.map((column) => column.name));
  const guard = capabilities.addColumnIfNotExists ? 'IF NOT EXISTS ' : '';
  // A Distributed table stores nothing, and refuses codecs.
  const parts = { ...definitionParts(settings, capabilities), ...(name === table.localName ? {} : { codecs: false }) };
  const add = (column: string, definition: string): Addition[] =>
    there.has(column) ? [] : [{ column, sql: `${alterTable(table, name, settings)} ADD COLUMN ${guard}${definition}` }];
  return [
    ...table.columns.flatMap((column) => add(column.name, columnDefinition(column, parts))),
    ...table.aliases.flatMap((alias) => add(alias.name, aliasDefinition(alias, parts))),
  ];
}

/**
 * The statement that brings the TTL of a table to that of the configuration, if they differ. A table that has a TTL
 * keeps it when the configuration names none: somebody may have set it by hand.
 *
 * @param engineFull `engine_full` of system.tables
 */
export function ttlStatements(
  table: Table,
  engineFull: string,
  settings: TableSettings,
  capabilities: Capabilities,
): string[] {
  if (settings.ttlMs === undefined || !capabilities.ttl) return [];
  const wanted = ttlExpression(table, settings.ttlMs);
  if (seconds(/ TTL .*\+ (?:INTERVAL|toInterval)[^,]*/.exec(engineFull)?.[0]) === seconds(wanted)) return [];
  const alter = alterTable(table, table.localName, settings);
  return [
    `${alter} MODIFY SETTING ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600`,
    // Without the setting every part is rewritten at once.
    `${alter} MODIFY TTL ${wanted}${capabilities.replaceView ? ' SETTINGS materialize_ttl_after_modify = 0' : ''}`,
  ];
}

const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
};

/** Seconds of `toIntervalDay(30)` or `INTERVAL 30 DAY`. */
function seconds(expression: string | undefined): number | undefined {
  const call = /toInterval(\w+)\((\d+)\)/.exec(expression ?? '');
  const words = /INTERVAL (\d+) (\w+)/.exec(expression ?? '');
  if (call) return Number(call[2]) * (SECONDS[call[1]!.toLowerCase()] ?? Number.NaN);
  return words ? Number(words[1]) * (SECONDS[words[2]!.toLowerCase()] ?? Number.NaN) : undefined;
}

function alterTable(table: Table, name: string, settings: TableSettings): string {
  return `ALTER TABLE ${quoted(table.database)}.${quoted(name)}${onCluster(settings)}`;
}
