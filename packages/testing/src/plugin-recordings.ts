import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultValues, type PluginUnderTest } from '@skep/build';
import { ByteBuffer, createWriter, type OptionValues, rowsOf } from '@skep/core';
import { planStreams, pluginSchemas, type RecordLayout } from '@skep/libbpf';
import {
  optionFilters,
  type RecordedStream,
  RecordingFile,
  type ReplayPlan,
  replayBatches,
  rowFilter,
} from '@skep/runner';

/** A recording of the plugin, and what must become of it. */
export interface RecordingTest {
  /** What `skep record` wrote; a path is seen from the plugin's folder. */
  readonly file: string | URL;
  readonly stream: string;
  /** In place of those it was recorded with; what they mean to the kernel has had its effect. */
  readonly options?: Partial<OptionValues>;
}

/** What a plugin makes of a stream of a recording. */
export interface Replayed {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The table, header included. */
  readonly text: string;
}

/**
 * Replay a recording through the plugin's own object and definition, as they are now.
 *
 * @throws RangeError when the plugin's records have another layout by now, or the recording has no such stream.
 * @throws SkepError SKEP_RECORDING when the file cannot be read.
 */
export async function replayRecording(plugin: PluginUnderTest, test: RecordingTest): Promise<Replayed> {
  const { rows } = await replayAs(plugin, test, false);
  const { text } = await replayAs(plugin, test, true);
  return { rows, text };
}

async function replayAs(
  { folder, tool, definition, options: definitions, info }: PluginUnderTest,
  { file, stream, options = {} }: RecordingTest,
  isForTable: boolean,
): Promise<Replayed> {
  const path = file instanceof URL ? fileURLToPath(file) : resolve(folder, file);
  const recording = await RecordingFile.open(path);
  try {
    const source = recording.header.sources.find(({ plugin }) => plugin === tool);
    const recorded = source?.streams.find((one) => one.stream === stream);
    if (!source || !recorded) throw new RangeError(`${path} holds no stream "${stream}" of ${tool}`);
    const values = { ...defaultValues(definitions), ...source.options, ...options } as OptionValues;
    const owner = { plugin: tool, source: source.name };
    const plans: ReplayPlan[] = [
      ...planStreams(owner, definition, info, values),
      ...pluginSchemas(owner, definition, info, values).map((schema) => ({ kind: 'rows' as const, schema })),
    ];
    const planFor = (one: RecordedStream): ReplayPlan => {
      const plan = plans.find(
        ({ kind, schema }) => (kind === 'rows') === (one.kind === 'rows') && schema.stream === one.stream,
      );
      if (!plan) throw new RangeError(`${tool} has no stream "${one.stream}" with these options`);
      const difference = differenceOf(plan, one, isForTable);
      if (difference !== undefined) throw new RangeError(`${path}: ${difference}: record it again`);
      return plan;
    };
    const plan = planFor(recorded);
    // Names alone are there whatever the table had.
    const hasPlaces = isForTable && (plan.kind !== 'stacks' || plan.text !== 'names');
    const writer = createWriter('table', plan.schema);
    const keep = rowFilter(optionFilters(definition, values));
    const rows: Readonly<Record<string, unknown>>[] = [];
    const out = new ByteBuffer();
    writer.begin(out);
    for await (const batch of replayBatches(recording, source.name, {
      plans: ({ streams }) => streams.map(planFor),
      isForTable: hasPlaces,
    })) {
      if (batch.schema.stream !== stream) continue;
      const kept = keep(batch);
      rows.push(...rowsOf(kept));
      writer.write(kept, out);
    }
    return { rows, text: Buffer.from(out.view()).toString() };
  } finally {
    await recording.close();
  }
}

/** Why the recording cannot be decoded by the plan; undefined when it can. */
function differenceOf(plan: ReplayPlan, recorded: RecordedStream, isForTable: boolean): string | undefined {
  const { stream } = recorded;
  if (plan.kind !== recorded.kind) return `stream "${stream}" was of another kind`;
  if (plan.kind === 'rows') {
    const told = (fields: readonly { name: string; type: string }[]) =>
      fields.map(({ name, type }) => `${name} ${type}`);
    const isSame = told(plan.schema.fields).join() === told(recorded.fields).join();
    return isSame ? undefined : `stream "${stream}" had other columns`;
  }
  const pairs =
    plan.kind === 'events'
      ? [[plan.record, recorded.record] as const]
      : [[plan.snapshot.key, recorded.key] as const, [plan.snapshot.value, recorded.value] as const];
  for (const [now, then] of pairs) {
    const member = then && movedMember(now, then);
    if (!then || now.size !== then.size) return `struct ${now.name} had another size`;
    if (member !== undefined) return `member "${member}" of struct ${now.name} was another`;
  }
  if (isForTable && plan.kind === 'stacks' && plan.text !== 'names' && plan.text !== recorded.text) {
    return `frames of stream "${stream}" were recorded as ${recorded.text ?? 'names'}, and not as ${plan.text}`;
  }
  return undefined;
}

/** A member that was elsewhere, or of another type. Members that options hide are not told. */
function movedMember(now: RecordLayout, then: NonNullable<RecordedStream['record']>): string | undefined {
  const moved = then.members.find(({ field, offset }) => {
    const same = now.members.find((member) => member.field.name === field.name);
    return same && (same.offset !== offset || same.field.type !== field.type || same.field.size !== field.size);
  });
  return moved?.field.name;
}
