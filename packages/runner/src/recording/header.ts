import { type Field, type Layout, type Member, type Schema, SkepError } from '@skep/core';
import type { RecordLayout, StreamPlan } from '@skep/libbpf';

/** What a recording says of itself. */
export interface RecordingHeader {
  readonly version: 1;
  /** When it was begun, milliseconds since the epoch. */
  readonly startedMs: number;
  readonly kernel: string;
  readonly sources: readonly RecordedSource[];
}

/** A plugin's instance that was recorded. */
export interface RecordedSource {
  readonly name: string;
  readonly plugin: string;
  readonly package: string;
  readonly version: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Filters that the options ask for, as expressions. */
  readonly filters: readonly string[];
  readonly streams: readonly RecordedStream[];
}

/** A stream: its schema, and how its records lie in memory. */
export interface RecordedStream {
  readonly stream: string;
  readonly kind: RecordablePlan['kind'];
  readonly shape: Schema['shape'];
  readonly keys: readonly string[];
  readonly layout: Layout;
  readonly fields: readonly RecordedField[];
  /** Events: the record. */
  readonly record?: RecordedLayout;
  /** Snapshots: the map's key and value. */
  readonly key?: RecordedLayout;
  readonly value?: RecordedLayout;
  readonly isArray?: boolean;
  readonly sort?: string;
  readonly ascending?: boolean;
  readonly limit?: number;
  readonly slotsAt?: number;
}

type RecordedField = Omit<Field, 'labels' | 'meaning'> & {
  readonly meaning?: string;
  readonly labels?: readonly (readonly [number, string])[];
};

interface RecordedLayout {
  readonly size: number;
  readonly members: readonly { readonly field: RecordedField; readonly offset: number }[];
  readonly histograms: readonly number[];
}

export type RecordablePlan = Exclude<StreamPlan, { kind: 'stacks' }>;

/**
 * A plan as plain data. `isArray` says whether a snapshot's map is an array.
 *
 * @throws SkepError SKEP_RECORDING for a stream of stacks.
 */
export function recordedStream(plan: StreamPlan, isArray: boolean): RecordedStream {
  const { stream, shape, keys, layout, fields } = plan.schema;
  if (plan.kind === 'stacks') {
    const text = `${plan.schema.source} cannot be recorded: its stacks are addresses, which have names only while the processes live`;
    throw new SkepError('SKEP_RECORDING', text, 'write its rows to a file: use: file, or skep with -o json');
  }
  const common = { stream, kind: plan.kind, shape, keys, layout, fields: fields.map(recordedField) };
  if (plan.kind === 'events') return { ...common, record: recordedLayout(plan.record) };
  const maps = { key: recordedLayout(plan.snapshot.key), value: recordedLayout(plan.snapshot.value), isArray };
  if (plan.kind === 'histogram') return { ...common, ...maps, slotsAt: plan.slotsAt };
  const { sort, ascending, limit } = plan;
  return {
    ...common,
    ...maps,
    ascending,
    ...(sort === undefined ? {} : { sort }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** The plan again. Columns that are computed need the plugin: without it they are left out. */
export function planOf(source: RecordedSource, recorded: RecordedStream, computed: ComputedFields): RecordablePlan {
  const { stream, shape, keys, layout } = recorded;
  const stored =
    recorded.kind === 'table' ? 1 + recorded.key!.members.length + recorded.value!.members.length : Infinity;
  const fields = recorded.fields
    .filter(({ name }, index) => index < stored || Object.hasOwn(computed, name))
    .map(fieldOf);
  const has = (name: string) => fields.some((field) => field.name === name);
  const columns = layout.columns.filter(({ field }) => has(field));
  const schema: Schema = {
    plugin: source.plugin,
    source: source.name,
    ...{ stream, shape, keys, fields },
    layout: { ...layout, columns },
  };
  if (recorded.kind === 'events') return { kind: 'events', schema, ring: stream, record: layoutOf(recorded.record!) };
  const snapshot = { name: stream, key: layoutOf(recorded.key!), value: layoutOf(recorded.value!) };
  if (recorded.kind === 'histogram') return { kind: 'histogram', schema, snapshot, slotsAt: recorded.slotsAt! };
  const { sort, ascending = false, limit } = recorded;
  const wanted = recorded.fields.slice(stored).filter(({ name }) => Object.hasOwn(computed, name));
  return {
    kind: 'table',
    schema,
    snapshot,
    computed: wanted.map(({ name }) => [name, computed[name]!] as const),
    sort: sort !== undefined && has(sort) ? sort : undefined,
    ascending,
    limit,
  };
}

export type ComputedFields = Readonly<Record<string, Extract<StreamPlan, { kind: 'table' }>['computed'][number][1]>>;

function recordedField({ labels, meaning, ...rest }: Field): RecordedField {
  return { ...rest, ...(meaning === undefined ? {} : { meaning }), ...(labels ? { labels: [...labels] } : {}) };
}

function fieldOf({ labels, meaning, ...rest }: RecordedField): Field {
  return { ...rest, meaning, labels: labels ? new Map(labels) : undefined };
}

function recordedLayout({ size, members, histograms }: RecordLayout): RecordedLayout {
  return {
    size,
    members: members.map(({ field, offset }) => ({ field: recordedField(field), offset })),
    histograms: histograms.map(({ offset }) => offset),
  };
}

function layoutOf({ size, members, histograms }: RecordedLayout): RecordLayout {
  return {
    name: 'recorded',
    size,
    members: members.map(({ field, offset }): Member => ({ field: fieldOf(field), offset })),
    histograms: histograms.map((offset) => ({ name: '', offset, doc: '' })),
  };
}
