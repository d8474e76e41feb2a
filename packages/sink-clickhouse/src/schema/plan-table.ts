import { type Field, type Schema, SkepError } from '@skep/core';
import type { Capabilities } from '../capabilities.js';
import { checkDatabase, checkName, quoted, tableWord } from './names.js';
import { bestRepresentation, type ValueKind } from './representation.js';
import { framesIndex, samplesTable, stackTable } from './stacks.js';
import type { AliasColumn, Column, Table, TableSettings, ValueSource } from './table.js';
import { timeExpression } from './time.js';
import { commentOf, kindOf } from './value-kind.js';

/** Most key columns of a schema that go into the sorting key: each makes the others' ranges longer. */
const KEY_COLUMNS = 2;
const ROW_NAMES: ReadonlySet<string> = new Set([
  'ts',
  'host',
  'boot',
  'source',
  'seq',
  'interval_ns',
  'complete',
  'unit',
  'stack_id',
]);

/**
 * The tables that keep a stream, the one with its rows first. Two for stacks: the samples, and each distinct stack.
 *
 * A field with the name of a column that every table has (`host` of gethostlatency) gets the plugin's name before it.
 *
 * @throws SkepError SKEP_OPTION for a database or cluster, SKEP_SCHEMA for a field, that cannot be a name.
 */
export function planTables(
  schema: Schema,
  settings: TableSettings,
  capabilities: Capabilities,
): readonly [Table, ...Table[]] {
  const table = planTable(schema, settings, capabilities);
  const frames = framesIndex(schema);
  if (frames === undefined) return [table];
  return [samplesTable(table, frames, capabilities), stackTable(table, frames, capabilities)];
}

function planTable(schema: Schema, settings: TableSettings, capabilities: Capabilities): Table {
  const name = tableName(schema);
  const column = (name: string, kind: ValueKind, values: ValueSource, comment: string): Column => ({
    name,
    kind,
    representation: bestRepresentation(kind, capabilities),
    values,
    comment,
  });
  const time = schema.fields.findIndex((field) => kindOf(field) === 'time');
  const isSnapshot = schema.shape !== 'events';
  const names = columnNames(schema, time);
  const columns: Column[] = [
    column(
      'ts',
      'time',
      time < 0 ? { from: 'clock' } : { from: 'field', index: time },
      `${isSnapshot ? 'end of the interval' : 'when it happened'}, UTC, nanoseconds`,
    ),
    column('host', 'word', { from: 'host' }, 'name of the agent, the host name unless configured'),
    column('boot', 'word', { from: 'boot' }, 'one start of the agent'),
    column('source', 'word', { from: 'source' }, 'name of the plugin in the configuration'),
    column(
      'seq',
      'counter',
      { from: 'sequence' },
      'counts the rows of one boot and source: a gap is a loss, named in skep_losses',
    ),
  ];
  if (isSnapshot) {
    columns.push(
      column('interval_ns', 'u64', { from: 'interval' }, 'length of the interval in nanoseconds'),
      column('complete', 'bool', { from: 'complete' }, 'false: a map was full in the interval, some keys are missing'),
    );
  }
  if (schema.shape === 'histogram') {
    columns.push(column('unit', 'word', { from: 'unit' }, 'unit of the bounds of a bucket'));
  }
  for (const [index, field] of schema.fields.entries()) {
    if (index !== time) columns.push(column(names[index]!, kindOf(field), { from: 'field', index }, commentOf(field)));
  }
  const partial = { columns, timeColumn: 'ts' };
  return {
    schema,
    database: checkDatabase(settings.database),
    name,
    localName: settings.cluster ? `${name}_local` : name,
    columns,
    aliases: aliasesOf(names, time, columns),
    orderBy: orderBy(schema, names),
    partitionBy: `toYYYYMMDD(${timeExpression(partial)})`,
    timeColumn: 'ts',
    replacedBy: undefined,
    onlyNew: undefined,
    comment: `stream ${schema.stream} of ${schema.plugin}`,
  };
}

/** `{plugin}_{stream}`. */
function tableName({ plugin, stream }: Schema): string {
  return checkName(`${tableWord(plugin)}_${tableWord(stream)}`, 'table');
}

/** The column of each field, by its index; `time` is stored as `ts`. */
function columnNames(schema: Schema, time: number): readonly string[] {
  const taken = new Set(ROW_NAMES);
  return schema.fields.map((field, index) => {
    if (index === time) return checkName(field.name, `field of ${schema.plugin}`);
    const name = ROW_NAMES.has(field.name) ? `${tableWord(schema.plugin)}_${field.name}` : field.name;
    checkName(name, `field of ${schema.plugin}`);
    if (taken.has(name))
      throw new SkepError('SKEP_SCHEMA', `stream ${schema.stream} of ${schema.plugin}: two columns "${name}"`);
    taken.add(name);
    return name;
  });
}

/**
 * The time under the field's own name, and addresses as text: `::ffff:10.0.0.1` is how servers write an IPv4 address
 * of an IPv6 column.
 */
function aliasesOf(names: readonly string[], time: number, columns: readonly Column[]): AliasColumn[] {
  const aliases: AliasColumn[] = [];
  const taken = new Set([...ROW_NAMES, ...names.filter((_, index) => index !== time)]);
  const add = (alias: AliasColumn) => {
    if (taken.has(alias.name)) return;
    taken.add(alias.name);
    aliases.push(alias);
  };
  if (time >= 0) {
    const { type } = columns[0]!.representation;
    add({ name: names[time]!, type, expression: quoted('ts'), comment: 'ts under the name it has in JSON' });
  }
  for (const { name, kind } of columns) {
    if (kind !== 'ip') continue;
    const expression = `replaceRegexpOne(IPv6NumToString(${quoted(name)}), '^::ffff:([0-9.]+)$', '\\\\1')`;
    add({ name: `${name}_text`, type: 'String', expression, comment: `${name} as text, IPv4 as a.b.c.d` });
  }
  return aliases;
}

/**
 * Events: one key first makes "one series over a month" a range; tops and counters are read a moment at a time.
 * Buckets of one histogram lie beside each other through time, where their counts compress best.
 */
function orderBy(schema: Schema, names: readonly string[]): string[] {
  const frames = framesIndex(schema);
  const named = (field: string) => {
    const index = schema.fields.findIndex((candidate) => candidate.name === field);
    return index < 0 || index === frames || kindOf(schema.fields[index]!) === 'list' ? [] : [names[index]!];
  };
  if (schema.shape === 'table') return ['host', 'ts', 'seq'];
  if (schema.shape === 'histogram') {
    const low = schema.layout.histogram?.low;
    return ['host', ...schema.keys.flatMap(named), ...(low === undefined ? [] : named(low)), 'ts'];
  }
  const keys = schema.keys.length > 0 ? schema.keys : commOf(schema.fields);
  return ['host', ...keys.flatMap(named).slice(0, KEY_COLUMNS), 'ts'];
}

function commOf(fields: readonly Field[]): string[] {
  return fields
    .filter((field) => field.meaning === 'skep_comm_t')
    .slice(0, 1)
    .map((field) => field.name);
}
