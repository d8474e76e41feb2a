import type { Capabilities } from './capabilities.js';

/** Values for `{name:Type}` placeholders of a statement. */
export type QueryParameters = Readonly<Record<string, string | number | bigint | boolean>>;

/** A sealed batch: one Native block in a file, as the spool keeps it. */
export interface SealedFile {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
}

export interface InsertRequest {
  /** Database and table, each checked and quoted: safe to put into SQL. */
  readonly table: string;
  /** Names as they are, in the order of the block: to be quoted. */
  readonly columns: readonly string[];
  readonly file: SealedFile;
  /** Deduplication token; fixed when the batch was sealed, the same in every retry. */
  readonly token: string;
}

/**
 * A ClickHouse that takes statements and blocks: a server over HTTP, or the embedded engine in the store process, which
 * speaks the same protocol over a Unix socket.
 */
export interface Engine {
  /** For messages: the URL without credentials, or the folder of the embedded store. */
  readonly name: string;
  /**
   * Connect and ask for the version; may be called again after a failure.
   *
   * @throws StoreError as all of these
   */
  connect(): Promise<Capabilities>;
  /** Run a statement that returns nothing. */
  command(sql: string): Promise<void>;
  /** Rows as objects; 64-bit integers as strings. For small results. */
  rows<Row>(sql: string, parameters?: QueryParameters): Promise<Row[]>;
  /** Settles when the engine has acknowledged the whole block; a rejection says nothing of whether it was stored. */
  insert(request: InsertRequest): Promise<void>;
  close(): Promise<void>;
}
