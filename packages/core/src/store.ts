/** A question with a name. */
export interface LibraryQuery {
  /** Lower case words joined by `-`. */
  readonly name: string;
  /** One line: what it answers. */
  readonly title: string;
  /** Tools whose rows it reads; none: every agent stores what it needs. */
  readonly tools: readonly string[];
  readonly parameters: readonly LibraryParameter[];
  /** The statement. */
  readonly text: string;
}

/** What stands for `{name:Type}` in a statement. */
export interface LibraryParameter {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly doc: string;
}

/** A store of events that can be asked. */
export interface EventStore {
  /** For messages: its URL without credentials, or its folder. */
  readonly name: string;
  /**
   * Run one statement. Settles when the first rows are there, or the error.
   *
   * @throws SkepError SKEP_QUERY for a statement that is wrong, with the place of the mistake when the store names it;
   *   SKEP_USAGE for parameters; SKEP_STORE for what the store cannot.
   */
  ask(question: StoreQuestion): Promise<StoreAnswer>;
  close(): Promise<void>;
}

export interface StoreQuestion {
  /** A statement, or a query of the library, whose parameters have defaults. */
  readonly statement: string | LibraryQuery;
  /** Where the statement comes from, for the place of a mistake: `query`, `stdin`. */
  readonly origin: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** `rows`: columns and cells; the others: bytes as they are to be written. */
  readonly format: 'rows' | 'json' | 'csv';
  /** Also statements that change something. */
  readonly write: boolean;
  /** Aborting it ends the statement in the store. */
  readonly signal: AbortSignal;
  /** Called now and then while the statement runs. */
  readonly onProgress?: (progress: StoreProgress) => void;
}

export interface StoreProgress {
  /** Rows read so far. */
  readonly rows: number;
  /** Rows to read, estimated; 0: not known. */
  readonly total: number;
  readonly elapsedMs: number;
}

/** `bytes` although rows were asked for: the statement says itself how it is to be answered (`FORMAT`). */
export type StoreAnswer =
  | {
      readonly kind: 'rows';
      readonly columns: readonly AnswerColumn[];
      readonly rows: AsyncIterable<readonly (string | null)[]>;
    }
  | { readonly kind: 'bytes'; readonly bytes: AsyncIterable<Uint8Array> };

export interface AnswerColumn {
  readonly name: string;
  /** `time`: cells are seconds since the epoch, UTC, with as many decimals as are stored. */
  readonly kind: 'text' | 'number' | 'time';
}
