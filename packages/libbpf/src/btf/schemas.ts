import {
  type ColumnSpec,
  type ComputedField,
  type Condition,
  type DeclaredStream,
  declaredFields,
  declaredHistogram,
  declaredStacks,
  type Field,
  type FrameStyle,
  type HistogramStream,
  holds,
  isDeclared,
  type Layout,
  type Member,
  type OptionValues,
  type PluginDefinition,
  type Schema,
  SkepError,
  type StackStream,
  type StreamDefinition,
  suggest,
  type TableColumn,
  type TableStream,
} from '@skep/core';
import { framesField, type RecordLayout } from './members.js';
import type { ObjectInfo, SnapshotInfo } from './object-info.js';

/** A stream of a plugin with these options: its schema, and where its rows come from. */
export type StreamPlan =
  | { readonly kind: 'events'; readonly schema: Schema; readonly ring: string; readonly record: RecordLayout }
  | {
      readonly kind: 'table';
      readonly schema: Schema;
      readonly snapshot: SnapshotInfo;
      readonly computed: readonly (readonly [string, ComputedField])[];
      readonly sort: string | undefined;
      readonly ascending: boolean;
      readonly limit: number | undefined;
    }
  | {
      readonly kind: 'histogram';
      readonly schema: Schema;
      readonly snapshot: SnapshotInfo;
      /** Byte offset of the counters in the map's value. */
      readonly slotsAt: number;
    }
  | {
      readonly kind: 'stacks';
      readonly schema: Schema;
      readonly snapshot: SnapshotInfo;
      readonly kernel: Member | undefined;
      readonly user: Member | undefined;
      readonly count: string;
      readonly isDelimited: boolean;
      readonly isAnnotated: boolean;
      readonly text: FrameStyle;
    };

export const TIME: Field = {
  name: 'time',
  type: 'u64',
  meaning: 'skep_ktime_t',
  doc: 'end of the interval',
  size: 0,
  labels: undefined,
};

/** The frames of a row of a stream of stacks. */
const FRAMES: Field = framesField('frames', 'functions, from the outermost to the innermost');

/** Who asks: short name of the plugin, and the name its instance has in the YAML. */
export interface StreamOwner {
  readonly plugin: string;
  readonly source: string;
}

/** The schemas of all streams that a plugin has with these options; those that only it can make rows of, too. */
export function pluginSchemas(
  owner: StreamOwner,
  definition: PluginDefinition,
  info: ObjectInfo,
  options: OptionValues,
): Schema[] {
  const declared = Object.entries(definition.streams).flatMap(([name, stream]) =>
    isDeclared(stream) && holds(stream.when, options) ? [declaredSchema(owner, name, stream, options)] : [],
  );
  return [...planStreams(owner, definition, info, options).map(({ schema }) => schema), ...declared];
}

/**
 * The streams of its object that a plugin has with these options, in the order of its definition.
 *
 * @throws SkepError SKEP_PLUGIN when the definition names a ring, map or field that the object does not have.
 */
export function planStreams(
  owner: StreamOwner,
  definition: PluginDefinition,
  info: ObjectInfo,
  options: OptionValues,
): StreamPlan[] {
  return Object.entries(definition.streams)
    .filter(([, stream]) => holds(stream.when, options))
    .flatMap(([name, stream]) => (isDeclared(stream) ? [] : [planStream(owner, name, stream, info, options)]));
}

function planStream(
  owner: StreamOwner,
  name: string,
  stream: Exclude<StreamDefinition, DeclaredStream>,
  info: ObjectInfo,
  options: OptionValues,
): StreamPlan {
  const where = `stream "${name}" of plugin ${owner.plugin}`;
  if ('ring' in stream) {
    const record = withoutMembers(wanted(info.rings, stream.ring, `${where}: ring`), stream.fields ?? {}, options);
    const fields = record.members.map((member) => member.field);
    const separator = stream.delimited !== undefined && holds(stream.delimited, options) ? { separator: ',' } : {};
    const layout: Layout = { ...layoutOf(stream, fields, options, where), ...separator };
    const schema: Schema = { ...owner, stream: name, shape: 'events', fields, keys: stream.keys ?? [], layout };
    return { kind: 'events', schema, ring: stream.ring, record };
  }
  if (stream.stacks) return planStacks(owner, name, stream, info, options);
  const snapshot = withoutKeys(
    wanted(info.snapshots, stream.snapshot, `${where}: snapshot`),
    absentKeys(stream, options),
  );
  const keyFields = snapshot.key.members.map((member) => member.field);
  const keys = keyFields.map((field) => field.name);
  const timestamp = { timestamp: stream.timestamp !== undefined && holds(stream.timestamp, options) };
  if (stream.histogram) {
    const fields = [TIME, ...keyFields, ...bucketFields(stream)];
    const slots = snapshot.value.histograms[0];
    if (!slots) throw new SkepError('SKEP_PLUGIN', `${where}: values of "${stream.snapshot}" hold no skep_hist_t`);
    const layout = { ...layoutOf(stream, fields, options, where), ...timestamp, ...histogramLayout(stream, options) };
    const schema: Schema = { ...owner, stream: name, shape: 'histogram', fields, keys, layout };
    return { kind: 'histogram', schema, snapshot, slotsAt: slots.offset };
  }
  const computed = Object.entries(stream.computed ?? {});
  const fields = [
    TIME,
    ...keyFields,
    ...snapshot.value.members.map((member) => member.field),
    ...computed.map(([field, { type, meaning, doc }]) => ({
      name: field,
      type,
      meaning,
      doc,
      size: 0,
      labels: undefined,
    })),
  ];
  const layout: Layout = {
    ...layoutOf(stream, fields, options, where),
    ...timestamp,
    clear: stream.clear !== undefined && holds(stream.clear, options),
    loadavg: stream.loadavg ?? false,
    ...(stream.line ? { line: stream.line(options) } : {}),
  };
  const schema: Schema = { ...owner, stream: name, shape: 'table', fields, keys, layout };
  const sort = typeof stream.sort === 'function' ? stream.sort(options) : stream.sort;
  if (sort !== undefined) named(fields, sort, where);
  return {
    kind: 'table',
    schema,
    snapshot,
    computed,
    sort,
    ascending: stream.ascending ?? false,
    limit: stream.limit?.(options),
  };
}

function declaredSchema(owner: StreamOwner, name: string, stream: DeclaredStream, options: OptionValues): Schema {
  const where = `stream "${name}" of plugin ${owner.plugin}`;
  const fields = declaredFields(stream, options);
  const histogram = declaredHistogram(stream, options);
  const stacks = declaredStacks(stream, options);
  const line = stream.line?.(options);
  const heading = stream.heading?.(options);
  const { shape = 'events', keys = [] } = stream;
  const layout: Layout = {
    ...layoutOf(stream, fields, options, where),
    timestamp: stream.timestamp !== undefined && holds(stream.timestamp, options),
    ...(histogram ? { histogram } : {}),
    ...(stacks ? { stacks } : {}),
    ...(line === undefined ? {} : { line }),
    ...(heading === undefined ? {} : { heading }),
  };
  const present = keys.filter((key) => fields.some((field) => field.name === key));
  return { ...owner, stream: name, shape, fields, keys: present, layout };
}

function planStacks(
  owner: StreamOwner,
  name: string,
  stream: StackStream,
  info: ObjectInfo,
  options: OptionValues,
): StreamPlan {
  const where = `stream "${name}" of plugin ${owner.plugin}`;
  const whole = wanted(info.snapshots, stream.snapshot, `${where}: snapshot`);
  const snapshot = withoutKeys(whole, absentKeys(stream, options));
  const { count, unit, name: task, id, text, look = 'wide' } = stream.stacks;
  const half = (field: string | undefined): Member | undefined => {
    if (field === undefined) return undefined;
    const member = snapshot.key.members.find((one) => one.field.name === field && one.stack);
    if (!member) throw new SkepError('SKEP_PLUGIN', `${where}: "${field}" is no stack of the key`);
    return member;
  };
  const [kernel, user] = [half(stream.stacks.kernel), half(stream.stacks.user)];
  const keyFields = snapshot.key.members.filter(({ stack }) => !stack).map(({ field }) => field);
  const fields = [TIME, ...keyFields, FRAMES, ...snapshot.value.members.map(({ field }) => field)];
  const everyField = [...fields, ...whole.key.members.map(({ field }) => field)];
  for (const field of [count, task, id]) named(everyField, field, where);
  const present = (name: string) => fields.some((field) => field.name === name);
  const isFolded = holds(stream.stacks.folded ?? never, options);
  const isDelimited = holds(stream.stacks.delimited ?? never, options);
  const layout: Layout = {
    ...layoutOf(stream, fields, options, where),
    timestamp: holds(stream.timestamp ?? never, options),
    stacks: {
      ...{ frames: FRAMES.name, count, unit, look, isFolded, isDelimited },
      ...(present(task) ? { name: task } : {}),
      ...(present(id) ? { id } : {}),
      hasTask: holds(stream.stacks.task, options),
    },
  };
  const keys = [...keyFields.map((field) => field.name), FRAMES.name];
  return {
    kind: 'stacks',
    schema: { ...owner, stream: name, shape: 'stacks', fields, keys, layout },
    snapshot,
    kernel,
    user,
    count,
    isDelimited,
    isAnnotated: holds(stream.stacks.annotated ?? never, options),
    text: isFolded ? 'names' : (text?.(options) ?? 'names'),
  };
}

const never = () => false;

/** Key fields that say nothing with these options: the program leaves them 0, and rows do not have them. */
function absentKeys(stream: TableStream | HistogramStream | StackStream, options: OptionValues): ReadonlySet<string> {
  const conditions = stream.histogram
    ? (stream.histogram.sections ?? []).map(({ field, when }) => [field, when] as const)
    : Object.entries(stream.keyFields ?? {});
  return new Set(conditions.filter(([, when]) => !holds(when, options)).map(([field]) => field));
}

function withoutMembers(
  record: RecordLayout,
  conditions: Readonly<Record<string, Condition>>,
  options: OptionValues,
): RecordLayout {
  const members = record.members.filter(({ field }) => holds(conditions[field.name], options));
  return { ...record, members };
}

function withoutKeys(snapshot: SnapshotInfo, absent: ReadonlySet<string>): SnapshotInfo {
  const members = snapshot.key.members.filter(({ field }) => !absent.has(field.name));
  return { ...snapshot, key: { ...snapshot.key, members } };
}

function bucketFields({ histogram: { low, high, count } }: HistogramStream): Field[] {
  const field = (name: string, doc: string): Field => ({
    name,
    type: 'u64',
    meaning: undefined,
    doc,
    size: 0,
    labels: undefined,
  });
  return [
    field(low, 'low end of the bucket'),
    field(high, 'high end of the bucket, inclusive'),
    field(count, 'values in the bucket'),
  ];
}

function histogramLayout({ histogram }: HistogramStream, options: OptionValues): Pick<Layout, 'histogram'> {
  const { low, high, count, unit } = histogram;
  const sections = (histogram.sections ?? [])
    .filter((section) => holds(section.when, options))
    .map(({ field, label }) => ({ field, label: label ?? field }));
  return {
    histogram: { low, high, count, unit: typeof unit === 'function' ? unit(options) : unit, sections },
  };
}

function layoutOf(
  stream: StreamDefinition,
  fields: readonly Field[],
  options: OptionValues,
  where: string,
): Pick<Layout, 'columns' | 'banner' | 'json'> {
  const specs: readonly ColumnSpec[] = stream.table ?? fields.map((field) => field.name);
  const columns = specs
    .map((spec) => (typeof spec === 'string' ? { field: spec } : spec))
    .filter((spec) => !('when' in spec) || holds(spec.when, options))
    .map((spec) => tableColumn(spec, named(fields, spec.field, where), options));
  const banner = typeof stream.banner === 'function' ? stream.banner(options) : stream.banner;
  const json = stream.json !== undefined && holds(stream.json, options);
  return { columns, ...(banner === undefined ? {} : { banner }), ...(json ? { json } : {}) };
}

function tableColumn(spec: Exclude<ColumnSpec, string>, field: Field, options: OptionValues): TableColumn {
  const { when: _, header, ...column } = spec;
  const text = typeof header === 'function' ? header(options) : header;
  return { ...column, header: text ?? field.name.toUpperCase() };
}

function named(fields: readonly Field[], name: string, where: string): Field {
  const field = fields.find((candidate) => candidate.name === name);
  if (field) return field;
  const remedy = suggest(
    name,
    fields.map((candidate) => candidate.name),
  );
  throw new SkepError('SKEP_PLUGIN', `${where}: no field "${name}"`, remedy);
}

function wanted<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const value = map.get(name);
  if (value === undefined) {
    throw new SkepError('SKEP_PLUGIN', `${what} "${name}" is not in the object`, suggest(name, [...map.keys()]));
  }
  return value;
}
