/** What one engine can do, found from its version and corrected by what it refuses. */
export interface Capabilities {
  /** As the engine says it, such as `26.7.3.1`. */
  readonly version: string;
  readonly dateTime64: boolean;
  readonly lowCardinality: boolean;
  readonly codecs: boolean;
  readonly ttl: boolean;
  readonly ipTypes: boolean;
  readonly addColumnIfNotExists: boolean;
  readonly deduplicationToken: boolean;
  readonly asyncInsertSetting: boolean;
  /** Types of a Native block are converted to those of the table. */
  readonly convertsBlocks: boolean;
}
