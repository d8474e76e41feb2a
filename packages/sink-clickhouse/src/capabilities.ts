/** What one engine can do, found from its version and corrected by what it refuses. */
export interface Capabilities {
  /** As the engine says it, such as `26.7.3.1`. */
  readonly version: string;
  readonly dateTime64: boolean;
  readonly lowCardinality: boolean;
  readonly codecs: boolean;
  readonly ttl: boolean;
  readonly ipTypes: boolean;
  readonly boolType: boolean;
  /** Columns of replicated tables can have comments: 18.16 refuses the second replica of such a table (code 122). */
  readonly replicatedComments: boolean;
  /** ALTER of a Distributed table goes ON CLUSTER: 18.16 refuses it where shards are replicated (code 371). */
  readonly alterDistributed: boolean;
  readonly addColumnIfNotExists: boolean;
  readonly replaceView: boolean;
  /** Plain MergeTree tables know deduplication windows, and inserts carry a token. */
  readonly deduplicationToken: boolean;
  readonly asyncInsertSetting: boolean;
  /** `{name:Type}` in statements. */
  readonly queryParameters: boolean;
  /** Times can be written as seconds since the epoch, whatever the time zone of their column. */
  readonly unixTimes: boolean;
  /** What goes wrong after the first rows is told apart from rows. */
  readonly exceptionTag: boolean;
  /** Types of a Native block are converted to those of the table. */
  readonly convertsBlocks: boolean;
}

export type Capability = Exclude<keyof Capabilities, 'version'>;

/**
 * First version, as [year, release], of each. Where the exact one is not known this is the first that certainly has it:
 * what replaces a missing feature works everywhere, the reverse does not. `ttl` means the clause together with
 * `ttl_only_drop_parts`, `codecs` all of Delta, T64 and DoubleDelta.
 */
const SINCE: Readonly<Record<Capability, readonly [year: number, release: number]>> = {
  lowCardinality: [19, 1],
  ipTypes: [19, 3],
  addColumnIfNotExists: [19, 8],
  codecs: [19, 15],
  ttl: [19, 15],
  dateTime64: [20, 1],
  queryParameters: [20, 1],
  replicatedComments: [20, 1],
  alterDistributed: [20, 1],
  replaceView: [21, 1],
  unixTimes: [21, 1],
  asyncInsertSetting: [21, 11],
  boolType: [21, 12],
  deduplicationToken: [22, 2],
  convertsBlocks: [23, 3],
  exceptionTag: [25, 11],
};

/** Stands for a version newer than every feature: DDL that is written before a server was asked. */
export const NEWEST = '99.1';

/**
 * What a server or engine of this version can do. A text that is no version gets the capabilities of the oldest: what
 * they lead to works on every one.
 */
export function capabilitiesOf(version: string): Capabilities {
  const [, year = '0', release = '0'] = /^\s*v?(\d+)\.(\d+)/.exec(version) ?? [];
  const has = ([wantedYear, wantedRelease]: readonly [number, number]) =>
    Number(year) > wantedYear || (Number(year) === wantedYear && Number(release) >= wantedRelease);
  const found = Object.fromEntries(Object.entries(SINCE).map(([name, since]) => [name, has(since)]));
  return { version, ...(found as Record<Capability, boolean>) };
}
