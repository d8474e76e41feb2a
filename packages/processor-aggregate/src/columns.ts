import { type Field, type Schema, SkepError } from '@skep/core';

export interface Wishes {
  readonly by?: readonly string[] | undefined;
  readonly sum?: readonly string[] | undefined;
  readonly min?: readonly string[] | undefined;
  readonly max?: readonly string[] | undefined;
  readonly quantiles?: readonly string[] | undefined;
  readonly percents: readonly number[];
}

/** What is worked out from one column of numbers of the input. */
export interface Measure {
  /** Index of the column in the input. */
  readonly column: number;
  readonly kind: 'sum' | 'min' | 'max' | 'quantile';
  /** For quantiles: in percent. */
  readonly percent: number;
  readonly field: Field;
}

export interface Plan {
  readonly schema: Schema;
  /** Indexes of the columns that tell the rows apart, in the order of their fields in `schema`, behind `time`. */
  readonly by: readonly number[];
  readonly measures: readonly Measure[];
}

const TIME: Field = {
  name: 'time',
  type: 'u64',
  meaning: 'skep_ktime_t',
  doc: 'end of the window',
  size: 8,
  labels: undefined,
};
const COUNT: Field = { name: 'count', type: 'u64', meaning: undefined, doc: 'rows', size: 8, labels: undefined };

/**
 * The stream that comes out; undefined when the input lacks one of the columns.
 *
 * @throws SkepError SKEP_OPTION when a measure is wanted of a column that is no number, or two columns get one name.
 */
export function planColumns(input: Schema, wishes: Wishes, stream: string): Plan | undefined {
  const indexOf = (name: string) => input.fields.findIndex((field) => field.name === name);
  const wanted = [wishes.by, wishes.sum, wishes.min, wishes.max, wishes.quantiles].flatMap((names) => names ?? []);
  if (wanted.some((name) => indexOf(name) < 0)) return undefined;
  const by = (wishes.by ?? []).map(indexOf);
  const measures: Measure[] = [];
  const add = (kind: Measure['kind'], names: readonly string[] | undefined, prefix: string, percent = 0): void => {
    for (const name of names ?? []) measures.push(measureOf(input, indexOf(name), kind, `${prefix}_${name}`, percent));
  };
  add('sum', wishes.sum, 'sum');
  add('min', wishes.min, 'min');
  add('max', wishes.max, 'max');
  for (const percent of wishes.percents) add('quantile', wishes.quantiles, `p${percent}`, percent);
  const fields = [TIME, ...by.map((index) => input.fields[index]!), COUNT, ...measures.map(({ field }) => field)];
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new SkepError('SKEP_OPTION', `processor ${stream}: two columns would be named "${twice}"`, 'leave one out');
  }
  const keys = by.map((index) => input.fields[index]!.name);
  const columns = names.slice(1).map((field) => ({ field }));
  const schema: Schema = {
    plugin: input.plugin,
    source: input.source,
    stream,
    shape: 'table',
    fields,
    keys,
    layout: { columns, timestamp: true },
  };
  return { schema, by, measures };
}

function measureOf(input: Schema, column: number, kind: Measure['kind'], name: string, percent: number): Measure {
  const { type, meaning, labels, doc, name: source } = input.fields[column]!;
  if (type === 'bytes' || type === 'bool' || labels || meaning === 'skep_ktime_t') {
    const message = `processor aggregate: column "${source}" is no number that can be ${kind === 'sum' ? 'added up' : 'compared'}`;
    throw new SkepError('SKEP_OPTION', message, 'name a column of amounts, such as a duration or a size');
  }
  const field: Field = {
    name,
    type: type.startsWith('i') ? 'i64' : 'u64',
    meaning,
    doc: kind === 'quantile' ? `${percent} % of the values are not above it: ${doc}` : doc,
    size: 8,
    labels: undefined,
  };
  return { column, kind, percent, field };
}
