import { type Condition, holds } from './condition.js';
import type { OptionDefinitions, OptionValues } from './option.js';
import type { ColumnType, Field, HistogramLayout, Shape, StacksLayout } from './schema.js';
import type { StreamCommon } from './stream-common.js';

/** A column of a stream whose rows no object describes. */
export interface DeclaredField<O extends OptionDefinitions = OptionDefinitions> {
  readonly type: ColumnType;
  /** Typedef that says what the value means; `skep_text_t` when it is absent from `bytes`. */
  readonly meaning?: string;
  readonly doc: string;
  /** Rows have it only when this holds. */
  readonly when?: Condition<O>;
}

/** A stream of a plugin that makes its own rows: see `PluginDefinition.probe`. */
export interface DeclaredStream<O extends OptionDefinitions = OptionDefinitions> extends StreamCommon<O> {
  readonly fields: Readonly<Record<string, DeclaredField<O>>>;
  /** Default: `events`. */
  readonly shape?: Shape;
  /** Names of the fields that tell the rows of one snapshot apart. */
  readonly keys?: readonly string[];
  readonly histogram?: {
    readonly low: string;
    readonly high: string;
    readonly count: string;
    readonly unit: string | ((options: OptionValues<O>) => string);
    readonly sections?: readonly { readonly field: string; readonly label?: string; readonly when?: Condition<O> }[];
  };
  /** How stacks are drawn and folded; `frames` names a field of meaning `skep_frames`. */
  readonly stacks?: Pick<StacksLayout, 'frames' | 'count' | 'unit' | 'name' | 'id' | 'above' | 'isLevel'> & {
    readonly folded?: Condition<O>;
  };
  readonly timestamp?: Condition<O>;
  /** Line above each snapshot, behind its time; empty: none, and no blank line either. */
  readonly heading?: (options: OptionValues<O>) => string | undefined;
  /** In place of a table a line per row: this text, with `{name}` for the value of a field. */
  readonly line?: (options: OptionValues<O>) => string | undefined;
}

/** Whether a plugin makes the rows of a stream itself: it names neither a ring nor a snapshot. */
export function isDeclared<T extends object, O extends OptionDefinitions>(
  stream: T | DeclaredStream<O>,
): stream is DeclaredStream<O> {
  return !('ring' in stream) && !('snapshot' in stream);
}

/** The columns of a declared stream with these options, in the order of their declaration. */
export function declaredFields({ fields }: DeclaredStream, options: OptionValues): Field[] {
  return Object.entries(fields)
    .filter(([, { when }]) => holds(when, options))
    .map(([name, { type, meaning, doc }]) => ({
      name,
      type,
      meaning: meaning ?? (type === 'bytes' ? 'skep_text_t' : undefined),
      doc,
      size: 0,
      labels: undefined,
    }));
}

/** How declared stacks are drawn with these options; undefined when the stream has none. */
export function declaredStacks({ stacks }: DeclaredStream, options: OptionValues): StacksLayout | undefined {
  if (!stacks) return undefined;
  const { folded, ...layout } = stacks;
  const isFolded = folded !== undefined && holds(folded, options);
  return { ...layout, look: 'wide', hasTask: layout.name !== undefined, isFolded, isDelimited: false };
}

/** How a declared histogram is drawn with these options; undefined when the stream is none. */
export function declaredHistogram({ histogram }: DeclaredStream, options: OptionValues): HistogramLayout | undefined {
  if (!histogram) return undefined;
  const { low, high, count, unit, sections = [] } = histogram;
  return {
    ...{ low, high, count },
    unit: typeof unit === 'function' ? unit(options) : unit,
    sections: sections
      .filter(({ when }) => holds(when, options))
      .map(({ field, label }) => ({ field, label: label ?? field })),
  };
}
