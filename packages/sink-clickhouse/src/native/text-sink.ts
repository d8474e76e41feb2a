/** Where the values of a text column are put: plain strings, or a dictionary with an index per row. */
export interface TextSink {
  /** Add the rows of a column in Arrow's layout. */
  putAll(data: Uint8Array, ends: Uint32Array, rows: number): void;
  put(data: Uint8Array, start: number, end: number): void;
  /** Add one value `rows` times. */
  repeat(value: Uint8Array, rows: number): void;
  /** About as many as `take` will give. */
  readonly bytes: number;
  /** What comes before everything else of the column, array offsets too. */
  readonly prefix: readonly Uint8Array[];
  /** The data of the rows added so far; the sink is empty then. */
  take(): Uint8Array[];
  /** Nobody reads what was taken last any more: its memory may be used again. */
  giveBack(): void;
}
