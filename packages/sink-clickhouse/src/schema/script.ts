import type { Schema } from '@skep/core';
import type { Capabilities } from '../capabilities.js';
import { createDatabase, createStatements } from './create.js';
import { createHistory } from './history.js';
import { adoptColumns } from './migrate.js';
import { planTables } from './plan-table.js';
import type { Table, TableSettings } from './table.js';
import { viewStatements, viewsOf } from './views.js';

/**
 * Everything that makes the tables and views of these streams, as one script for clickhouse-client: the same text for
 * the same streams. Sources of one plugin share a table; here it is made with the columns of all of them.
 */
export function schemaScript(schemas: readonly Schema[], settings: TableSettings, capabilities: Capabilities): string {
  const statements = [createDatabase(settings), createHistory(settings, capabilities)];
  const tables = new Map<string, Table>();
  for (const table of schemas.flatMap((schema) => planTables(schema, settings, capabilities))) {
    const before = tables.get(table.name);
    tables.set(table.name, before ? joined(before, table) : table);
  }
  const sorted = [...tables.keys()].sort().map((name) => tables.get(name)!);
  statements.push(...sorted.flatMap((table) => createStatements(table, settings, capabilities)));
  for (const table of sorted) {
    for (const view of viewsOf(table)) statements.push(...viewStatements(table, view, settings, capabilities));
  }
  return statements.map((statement) => `${statement};\n`).join('\n');
}

/** `first` with the columns that only `second` has, as the agent would add them. */
function joined(first: Table, second: Table): Table {
  const there = first.columns.map(({ name, representation }) => ({
    name,
    type: representation.type,
    default_kind: '',
  }));
  const names = new Set([...first.columns, ...first.aliases].map((column) => column.name));
  const isNew = ({ name }: { readonly name: string }) => !names.has(name);
  return {
    ...first,
    columns: [...first.columns, ...adoptColumns(second, there).columns.filter(isNew)],
    aliases: [...first.aliases, ...second.aliases.filter(isNew)],
  };
}
