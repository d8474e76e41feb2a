/** A command to measure. */
export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How output is asked for: `file` as the subject does it by itself; `line` each event at once, for what waits for the first. */
export type Output = 'file' | 'line';

/** One opensnoop among those compared. */
export interface Subject {
  readonly name: string;
  /** A subject of ours; ratios are to the best of the others. */
  readonly isSkep: boolean;
  /** Undefined when it can run here, else what to do about it, as shown in the table. */
  missing(): string | undefined;
  /** May fetch what the subject needs. */
  command(output: Output): Command;
}
