import type { Condition } from './condition.js';
import type { OptionDefinitions, OptionValues } from './option.js';
import type { TableColumn } from './schema.js';

/** A column of a text table: a field's name, or how it looks, and when it is shown. */
export type ColumnSpec<O extends OptionDefinitions = OptionDefinitions> =
  | string
  | (Omit<TableColumn, 'header'> & {
      readonly when?: Condition<O>;
      readonly header?: string | ((options: OptionValues<O>) => string);
    });

/** What a stream of any kind says of itself. */
export interface StreamCommon<O extends OptionDefinitions> {
  /** One sentence: what one row is. */
  readonly doc?: string;
  /** Streams of one plugin that are not wanted with these options are left out. */
  readonly when?: Condition<O>;
  /** One line printed before the first output of a text table. */
  readonly banner?: string | ((options: OptionValues<O>) => string);
  readonly table?: readonly ColumnSpec<O>[];
  /** JSON lines in place of a text table: the tool's own -j. */
  readonly json?: Condition<O>;
}
