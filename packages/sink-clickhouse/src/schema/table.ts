import type { Schema } from '@skep/core';
import type { Representation, ValueKind } from './representation.js';

/** What the configuration says of every table. */
export interface TableSettings {
  readonly database: string;
  /** Rows older than this are deleted; undefined: never. */
  readonly ttlMs?: number;
  readonly cluster?: ClusterSettings;
  /** Every insert is on disk before it is acknowledged; a fifth slower. */
  readonly fsync?: boolean;
  /** Inserts per table whose tokens are remembered. Default 1000, on a cluster 10000. */
  readonly deduplicationWindow?: number;
}

export interface ClusterSettings {
  /** Name in `remote_servers` of the server's configuration. */
  readonly name: string;
  /** Tables are ReplicatedMergeTree: needs ZooKeeper or Keeper, and the macros `shard` and `replica`. */
  readonly replicated: boolean;
  /** Statements say ON CLUSTER: needs ZooKeeper or Keeper too. Without it they are to be run on every server. */
  readonly onCluster: boolean;
}

/** Where the values of a column come from. `index` counts the fields of the schema. */
export type ValueSource =
  | { readonly from: 'field'; readonly index: number }
  | { readonly from: 'stack-id' | 'frames'; readonly index: number }
  | { readonly from: 'host' | 'boot' | 'source' | 'sequence' | 'unit' | 'clock' | 'interval' | 'complete' };

export interface Column {
  readonly name: string;
  readonly kind: ValueKind;
  readonly representation: Representation;
  readonly values: ValueSource;
  readonly comment: string;
}

/** A column that is computed when it is read and takes no room. */
export interface AliasColumn {
  readonly name: string;
  readonly type: string;
  readonly expression: string;
  readonly comment: string;
}

/**
 * One table, and how a batch of its schema fills it. A value: nothing here refers to a server.
 *
 * `name` is what queries read. On a cluster rows are kept in `localName`, and `name` is the Distributed table over it.
 */
export interface Table {
  readonly schema: Schema;
  readonly database: string;
  readonly name: string;
  readonly localName: string;
  /** Columns that a block carries, in its order. */
  readonly columns: readonly Column[];
  readonly aliases: readonly AliasColumn[];
  readonly orderBy: readonly string[];
  /** Expression, or undefined for a table without partitions. */
  readonly partitionBy: string | undefined;
  /** The column that TTL and partitions go by. */
  readonly timeColumn: string;
  /** Of rows with the same key the one with the largest value here stays; undefined: all stay. */
  readonly replacedBy: string | undefined;
  /** Only rows whose value of the field `index` was not written lately: a dictionary of stacks. */
  readonly onlyNew: { readonly index: number } | undefined;
  readonly comment: string;
}
