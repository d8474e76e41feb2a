import type { Field, FrameStyle, Layout, Member, Schema, StackMember } from '@skep/core';
import type { RecordLayout, StreamPlan } from '@skep/libbpf';
import type { FormatVersion } from './format.js';

/** What a recording says of itself. */
export interface RecordingHeader {
  readonly version: FormatVersion;
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
  readonly kind: ReplayPlan['kind'];
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
  /** Stacks: the members of the key that are their halves, and the member of the value that weighs them. */
  readonly kernel?: string;
  readonly user?: string;
  readonly count?: string;
  readonly isDelimited?: boolean;
  readonly isAnnotated?: boolean;
  /** What frames look like in a text table. */
  readonly text?: FrameStyle;
}

type RecordedField = Omit<Field, 'labels' | 'meaning'> & {
  readonly meaning?: string;
  readonly labels?: readonly (readonly [number, string])[];
};

interface RecordedLayout {
  readonly size: number;
  readonly members: readonly RecordedMember[];
  readonly histograms: readonly number[];
}

interface RecordedMember {
  readonly field: RecordedField;
  readonly offset: number;
  readonly stack?: StackMember;
}

/** A stream whose probe makes its rows itself: its batches are all there is of it. */
export interface RowsPlan {
  readonly kind: 'rows';
  readonly schema: Schema;
}

/** How a stream of a recording becomes rows. */
export type ReplayPlan = StreamPlan | RowsPlan;

/** The version of the format that the stream needs. */
export function versionFor({ kind, record, key }: RecordedStream): FormatVersion {
  const hasStacks = [record, key].some((layout) => layout?.members.some(({ stack }) => stack !== undefined));
  return hasStacks || kind === 'rows' ? 2 : 1;
}

/** A plan as plain data. `isArray` says whether a snapshot's map is an array. */
export function recordedStream(plan: StreamPlan, isArray: boolean): RecordedStream {
  const { stream, shape, keys, layout, fields } = plan.schema;
  const common = { stream, kind: plan.kind, shape, keys, layout, fields: fields.map(recordedField) };
  if (plan.kind === 'events') return { ...common, record: recordedLayout(plan.record) };
  const maps = { key: recordedLayout(plan.snapshot.key), value: recordedLayout(plan.snapshot.value), isArray };
  if (plan.kind === 'histogram') return { ...common, ...maps, slotsAt: plan.slotsAt };
  if (plan.kind === 'stacks') {
    const { kernel, user, count, isDelimited, isAnnotated, text } = plan;
    return {
      ...common,
      ...maps,
      ...{ count, isDelimited, isAnnotated, text },
      ...(kernel ? { kernel: kernel.field.name } : {}),
      ...(user ? { user: user.field.name } : {}),
    };
  }
  const { sort, ascending, limit } = plan;
  return {
    ...common,
    ...maps,
    ascending,
    ...(sort === undefined ? {} : { sort }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** A stream whose batches are recorded. */
export function recordedRows({ stream, shape, keys, layout, fields }: Schema): RecordedStream {
  return { stream, kind: 'rows', shape, keys, layout, fields: fields.map(recordedField) };
}

/** The plan again. Columns that are computed need the plugin: without it they are left out. */
export function planOf(source: RecordedSource, recorded: RecordedStream, computed: ComputedFields): ReplayPlan {
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
  if (recorded.kind === 'rows') return { kind: 'rows', schema };
  if (recorded.kind === 'events') return { kind: 'events', schema, ring: stream, record: layoutOf(recorded.record!) };
  const snapshot = { name: stream, key: layoutOf(recorded.key!), value: layoutOf(recorded.value!) };
  if (recorded.kind === 'histogram') return { kind: 'histogram', schema, snapshot, slotsAt: recorded.slotsAt! };
  if (recorded.kind === 'stacks') return stacksPlan(recorded, schema, snapshot);
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

type StacksPlan = Extract<StreamPlan, { kind: 'stacks' }>;

function stacksPlan(recorded: RecordedStream, schema: Schema, snapshot: StacksPlan['snapshot']): StacksPlan {
  const { isDelimited = false, isAnnotated = false, text = 'names' } = recorded;
  const half = (name?: string) => snapshot.key.members.find(({ field }) => field.name === name);
  return {
    kind: 'stacks',
    ...{ schema, snapshot, kernel: half(recorded.kernel), user: half(recorded.user), count: recorded.count! },
    ...{ isDelimited, isAnnotated, text },
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
    members: members.map(({ field, offset, stack }) => ({
      ...{ field: recordedField(field), offset },
      ...(stack ? { stack } : {}),
    })),
    histograms: histograms.map(({ offset }) => offset),
  };
}

function layoutOf({ size, members, histograms }: RecordedLayout): RecordLayout {
  return {
    name: 'recorded',
    size,
    members: members.map(({ field, ...rest }): Member => ({ field: fieldOf(field), ...rest })),
    histograms: histograms.map((offset) => ({ name: '', offset, doc: '' })),
  };
}
