import type { Meanings } from '../meaning.js';

/** What writers can be told; every format takes what applies to it. */
export interface WriterOptions {
  /** Only these columns, in this order; the schema's field names. Default: all, or those of the layout for tables. */
  readonly fields?: readonly string[];
  /** False: no header lines, no banner, and no blank line above a snapshot's table. Default: true. */
  readonly headers?: boolean;
  /** Bold header lines, for a terminal. Default: false. */
  readonly color?: boolean;
  /** The output is a terminal: top tools may clear it before each snapshot. Default: false. */
  readonly terminal?: boolean;
  /** JSON, CSV and logfmt: begin each row with the `source` (instance) and `stream` it came from. Default: false. */
  readonly tag?: boolean;
  /** Default: those skep ships with. */
  readonly meanings?: Meanings;
  /** Text of `/proc/loadavg`, for top tools whose layout shows it; without it that line is left out. */
  readonly loadavg?: () => string;
}
