import type { Field } from '@skep/core';
import type { Capabilities } from '../capabilities.js';
import { onCluster, tableReference } from './create.js';
import { quoted } from './names.js';
import { FRAMES_MEANING, stackTableName } from './stacks.js';
import type { Column, Table, TableSettings } from './table.js';
import { timeExpression } from './time.js';

/** A question about a stream that is asked often, as a view beside its table. */
export interface View {
  readonly name: string;
  /** One sentence: what one row is. */
  readonly doc: string;
  readonly select: string;
}

/**
 * The views of a table. They follow from the shape of the stream and the meaning of its fields, so a plugin has them
 * without saying anything. Each gives a row per minute: bound `minute` in a query, and only those days are read.
 */
export function viewsOf(table: Table): View[] {
  if (table.replacedBy !== undefined) return [];
  switch (table.schema.shape) {
    case 'events':
      return eventViews(table);
    case 'histogram':
      return histogramViews(table);
    case 'table':
      return [totalsView(table)];
    case 'stacks':
      return stackViews(table);
  }
}

export function viewStatements(
  table: Table,
  view: View,
  settings: TableSettings,
  { replaceView }: Capabilities,
): string[] {
  const reference = tableReference({ database: table.database, name: view.name });
  const where = onCluster(settings);
  if (replaceView) return [`CREATE OR REPLACE VIEW ${reference}${where} AS\n${view.select}`];
  return [
    `DROP TABLE IF EXISTS ${reference}${where}`,
    `CREATE VIEW IF NOT EXISTS ${reference}${where} AS\n${view.select}`,
  ];
}

interface Selected {
  /** Columns that rows are grouped by, besides minute, host and source. */
  readonly by: readonly (readonly [expression: string, name: string])[];
  readonly values: readonly (readonly [expression: string, name: string])[];
}

function perMinute(table: Table, { by, values }: Selected): string {
  // A name for a value that is also a column would stand for the value within other expressions.
  const taken = new Set([...table.columns, ...table.aliases].map((other) => other.name));
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  const minute = [`toStartOfMinute(${timeExpression(table)})`, free('minute')] as const;
  const groups = [minute, column('host'), column('source'), ...by];
  const list = [
    `  ${minute[0]} AS ${quoted(minute[1])}`,
    ...groups.slice(1).map(([expression]) => `  ${expression}`),
    ...values.map(([expression, name]) => `  ${expression} AS ${quoted(free(name))}`),
  ];
  return (
    `SELECT\n${list.join(',\n')}\nFROM ${tableReference(table)}\n` +
    `GROUP BY ${groups.map(([, name]) => quoted(name)).join(', ')}`
  );
}

const column = (name: string) => [quoted(name), name] as const;
const sum = (name: string) => [`sum(${quoted(name)})`, `sum_${name}`] as const;
/** Values of which the largest counts: they do not add up. */
const MAX_MEANING = 'skep_max_t';
const total = ({ field, column: { name } }: ReturnType<typeof fieldColumns>[number]) =>
  field.meaning === MAX_MEANING ? ([`max(${quoted(name)})`, `max_${name}`] as const) : sum(name);
const COUNT = ['count()', 'events'] as const;
const COMPLETE = [`min(${quoted('complete')})`, 'all_complete'] as const;

function quantile(level: number, values: string, weights?: string): string {
  return weights === undefined
    ? `arrayElement(quantiles(0.5, 0.9, 0.99)(${values}), ${level})`
    : `arrayElement(quantilesExactWeighted(0.5, 0.9, 0.99)(${values}, ${weights}), ${level})`;
}

function eventViews(table: Table): View[] {
  const fields = fieldColumns(table);
  const sums = fields.filter(({ field }) => isAdditive(field)).map(({ column: { name } }) => sum(name));
  const comm = fields.find(({ field }) => field.meaning === 'skep_comm_t')?.column.name;
  const views: View[] = [];
  for (const {
    field,
    column: { name },
  } of fields) {
    if (field.meaning !== 'skep_duration_ns_t') continue;
    const value = quoted(name);
    const values = [
      COUNT,
      [`min(${value})`, 'least'],
      [quantile(1, value), 'p50'],
      [quantile(2, value), 'p90'],
      [quantile(3, value), 'p99'],
      [`max(${value})`, 'most'],
    ] as const;
    views.push({
      name: `${table.name}_${name}_per_minute`,
      doc: `Percentiles of ${name} in one minute, in nanoseconds.`,
      select: perMinute(table, { by: [], values }),
    });
  }
  if (comm !== undefined) {
    views.push({
      name: `${table.name}_by_${comm}`,
      doc: 'Events of the processes of one name in one minute.',
      select: perMinute(table, { by: [column(comm)], values: [COUNT, ...sums] }),
    });
  }
  for (const { column: address } of fields) {
    if (address.kind !== 'ip') continue;
    const text = table.aliases.find((alias) => alias.name === `${address.name}_text`);
    const port = fields.find((other) => isPortOf(other.column.name, address.name));
    const by = [column(text?.name ?? address.name), ...(port ? [column(port.column.name)] : [])];
    views.push({
      name: `${table.name}_by_${address.name}`,
      doc: `Events of one ${address.name}${port ? ' and port' : ''} in one minute.`,
      select: perMinute(table, { by, values: [COUNT, ...sums] }),
    });
  }
  return views;
}

/** `raddr` and `rport`, `address` and `port`. */
function isPortOf(port: string, address: string): boolean {
  return port === address.replace(/addr(ess)?$/, 'port') && port !== address;
}

function histogramViews(table: Table): View[] {
  const { layout, keys } = table.schema;
  if (!layout.histogram) return [];
  const { low, high, count } = layout.histogram;
  const by = [column('unit'), ...keys.map((key) => column(nameOf(table, key)))];
  const n = quoted(nameOf(table, count));
  const upper = quoted(nameOf(table, high));
  return [
    {
      name: `${table.name}_heatmap`,
      doc: 'Values in one bucket in one minute.',
      select: perMinute(table, {
        by: [...by, column(nameOf(table, low)), column(nameOf(table, high))],
        values: [sum(nameOf(table, count)), COMPLETE],
      }),
    },
    {
      name: `${table.name}_percentiles`,
      doc: 'Percentiles of one minute: the upper end of the bucket that each lies in.',
      select: perMinute(table, {
        by,
        values: [
          sum(nameOf(table, count)),
          [quantile(1, upper, n), 'p50'],
          [quantile(2, upper, n), 'p90'],
          [quantile(3, upper, n), 'p99'],
          COMPLETE,
        ],
      }),
    },
  ];
}

/** Computed fields (averages, rates) do not add up; what the map counted does, and maxima have a maximum. */
function totalsView(table: Table): View {
  const keys = new Set(table.schema.keys);
  const values = fieldColumns(table)
    .filter(({ field }) => field.size > 0 && !keys.has(field.name) && isNumber(field))
    .map(total);
  const by = table.schema.keys.map((key) => column(nameOf(table, key)));
  return {
    name: `${table.name}_per_minute`,
    doc: 'Sums of one key in one minute.',
    select: perMinute(table, { by, values: [...values, COMPLETE] }),
  };
}

/** Counts are added per stack before its frames are looked up. */
function stackViews(table: Table): View[] {
  const keys = new Set(table.schema.keys);
  const frames = table.schema.fields.find((field) => field.meaning === FRAMES_MEANING);
  const counts = fieldColumns(table).filter(
    ({ field }) =>
      isNumber(field) && !keys.has(field.name) && !field.labels && [undefined, MAX_MEANING].includes(field.meaning),
  );
  const comm = fieldColumns(table).find(({ field }) => field.meaning === 'skep_comm_t')?.column.name;
  if (!frames || counts.length === 0) return [];
  const values = [...counts.map(total), COMPLETE];
  const by = comm === undefined ? [] : [comm];
  const samples = perMinute(table, { by: [...by, 'stack_id'].map(column), values });
  const names = ['minute', 'host', 'source', ...by, 'stack', ...values.map(([, name]) => name)];
  const stacks = tableReference({ database: table.database, name: stackTableName(table.name) });
  return [
    {
      name: `${table.name}_flame`,
      doc: 'Samples of one stack in one minute; `stack` is folded, root first, as flame graph tools read it.',
      select:
        `SELECT ${names.map(quoted).join(', ')}\nFROM (\n${samples}\n) AS samples\nANY LEFT JOIN (\n` +
        `SELECT ${quoted('stack_id')}, arrayStringConcat(${quoted('frames')}, ';') AS ${quoted('stack')}\nFROM ${stacks}\n` +
        `) AS stacks USING (${quoted('stack_id')})`,
    },
  ];
}

/** Columns that hold fields of the stream, with their fields. */
function fieldColumns(table: Table): { readonly field: Field; readonly column: Column }[] {
  return table.columns.flatMap((column) =>
    column.values.from === 'field' && column.name !== table.timeColumn
      ? [{ field: table.schema.fields[column.values.index]!, column }]
      : [],
  );
}

function nameOf(table: Table, field: string): string {
  return fieldColumns(table).find((candidate) => candidate.field.name === field)!.column.name;
}

function isNumber(field: Field): boolean {
  return field.type !== 'bytes' && field.type !== 'bool' && !field.labels;
}

/** Bytes and durations of single events: their sum says something, that of ports or errors does not. */
function isAdditive(field: Field): boolean {
  return isNumber(field) && (field.meaning === 'skep_duration_ns_t' || /(^|_)(k?bytes|kb)$/.test(field.name));
}
