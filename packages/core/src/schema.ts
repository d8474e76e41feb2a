/** How a stream is drawn and stored: single events, tops and counters, histograms, stack traces with counts. */
export type Shape = 'events' | 'table' | 'histogram' | 'stacks';

/** How a column lies in memory. `bytes` has a length per row; everything else is one number per row. */
export type ColumnType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'bool' | 'bytes';

/** One column of a stream, as read from one member of a C struct or computed from others. */
export interface Field {
  /** The C member's name; also the name in JSON, CSV and SQL. */
  readonly name: string;
  readonly type: ColumnType;
  /** Typedef that says what the value means (`skep_ktime_t`, `skep_ip_t`, ...); undefined for a plain value. */
  readonly meaning: string | undefined;
  /** The member's `btf_decl_tag`: one sentence of documentation, or ''. */
  readonly doc: string;
  /** Bytes the member takes in the C struct: the most a `bytes` value can hold. 0 for a computed column. */
  readonly size: number;
  /** Labels of a C enum, common prefix removed, by value. */
  readonly labels: ReadonlyMap<number, string> | undefined;
}

/** What a stream carries. Immutable; batches refer to it by identity. */
export interface Schema {
  /** Short name of the plugin, such as `opensnoop`. */
  readonly plugin: string;
  /** Name of the plugin's instance in the YAML; on the command line the plugin's name. */
  readonly source: string;
  /** Name of the stream within the plugin, such as `opens`. */
  readonly stream: string;
  readonly shape: Shape;
  readonly fields: readonly Field[];
  /** Names of the fields that tell the rows of one snapshot apart; for events those worth sorting by. */
  readonly keys: readonly string[];
  /** How text sinks draw it. */
  readonly layout: Layout;
}

/** How one column of a text table looks; widths are printf's: negative is left-aligned. */
export interface TableColumn {
  readonly field: string;
  /** Default: the field's name in capitals. */
  readonly header?: string;
  /** 0: as wide as the value. Default: what values of the field's type usually take, left-aligned. */
  readonly width?: number;
  /** Cut longer values to this many characters; without it a long value is printed whole and shifts the row. */
  readonly max?: number;
  /** `clock` HH:MM:SS; `since` seconds since the first row, `digits` decimals; `octal`; `scaled` value / divisor;
   * `stack`: frames on lines of their own below the row, innermost first. */
  readonly format?: 'clock' | 'since' | 'octal' | 'hex' | 'scaled' | 'quoted' | 'exact' | 'stack';
  readonly digits?: number;
  readonly divisor?: number;
  /** Zero-pad to this many digits (octal). */
  readonly pad?: number;
  /** Text in place of the value 0, or of `emptyIs` when given. */
  readonly empty?: string;
  readonly emptyIs?: number;
}

/** All that text sinks need to draw a stream in its BCC layout; derived from plugin and options. */
export interface Layout {
  readonly columns: readonly TableColumn[];
  /** Columns are joined by this instead of being aligned (`-s`, comma). */
  readonly separator?: string;
  /** In place of a table a line per row: this text, with `{name}` for the value of a field. */
  readonly line?: string;
  /** Rows are JSON lines wherever a table is asked for: a tool's own `-j`. */
  readonly json?: boolean;
  /** One line before the first output, such as `Tracing run queue latency... Hit Ctrl-C to end.` */
  readonly banner?: string;
  /** `HH:MM:SS` line before each snapshot. */
  readonly timestamp?: boolean;
  /** Line above each snapshot, behind its time: `[HH:MM:SS] <heading>`; empty: none, and no blank line either. */
  readonly heading?: string;
  /** Top tools clear the screen before each snapshot, on a terminal only. */
  readonly clear?: boolean;
  /** Line above each snapshot's table: `HH:MM:SS loadavg: ...` as the top tools print. */
  readonly loadavg?: boolean;
  /** Histograms only. */
  readonly histogram?: HistogramLayout;
  /** Stacks only. */
  readonly stacks?: StacksLayout;
  /** The header of an events table is printed once; of a snapshot before each. */
}

/** `wide`: as BCC's profile and offcputime, the task in a column of its own; `narrow`: as its stackcount. */
export type StacksLook = 'wide' | 'narrow';

export interface StacksLayout {
  /** Fields: the frames, and what a stack weighs. */
  readonly frames: string;
  readonly count: string;
  /** Fields: name and number of the task, when the rows are told apart by it. */
  readonly name?: string;
  readonly id?: string;
  /** How a table draws a stack. */
  readonly look: StacksLook;
  /** Whether a table has a line for the task. */
  readonly hasTask: boolean;
  /** What is counted: samples, us. */
  readonly unit: string;
  /** A line per stack in place of a table. */
  readonly isFolded: boolean;
  /** A frame `-` stands between the user's half and the kernel's. */
  readonly isDelimited: boolean;
  /** In place of the task and the weight below a stack: this text above it, with `{name}` for the value of a field. */
  readonly above?: string;
  /** A snapshot says all there is, and is not added to those before it: what is outstanding, not what has happened. */
  readonly isLevel?: boolean;
}

export interface HistogramLayout {
  /** Column names of a bucket's inclusive bounds and of its count. */
  readonly low: string;
  readonly high: string;
  readonly count: string;
  /** Header of the value column: usecs, msecs, nsecs, ... */
  readonly unit: string;
  /** `\n<label> = <value>` before each table, one per key field, such as `pid` or `disk`. */
  readonly sections: readonly { readonly field: string; readonly label: string }[];
}
