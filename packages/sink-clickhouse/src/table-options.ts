import { type OptionValues, option, SkepError } from '@skep/core';
import { checkCluster, checkDatabase } from './schema/names.js';
import type { TableSettings } from './schema/table.js';

/** Options of the sink that say what its tables are like. */
export const tableOptions = {
  database: option.string('Database of the tables; made when it is missing', { default: 'skep', maxBytes: 127 }),
  ttl: option.duration('Rows older than this are deleted, a day at a time', { defaultText: 'never' }),
  cluster: option.string('Make the tables on every server of this cluster, and spread rows over its shards by host', {
    defaultText: 'none',
    maxBytes: 127,
  }),
  keeper: option.boolean(
    'The servers of the cluster share a ZooKeeper or Keeper: tables are replicated, and made ON CLUSTER',
    { default: true },
  ),
  fsync: option.boolean('Rows are on disk before an insert is acknowledged, for machines that lose power; slower'),
} as const;

/**
 * What the options say of every table.
 *
 * @throws SkepError SKEP_OPTION for a database or cluster that cannot be one, and for a TTL below an hour.
 */
export function tableSettings(values: OptionValues<typeof tableOptions>): TableSettings {
  const { database, ttl, cluster, keeper, fsync } = values;
  if (ttl !== undefined && ttl < 3_600_000) {
    throw new SkepError('SKEP_OPTION', 'ttl: rows have to be kept for an hour at least', 'use a time such as 30d');
  }
  return {
    database: checkDatabase(database ?? 'skep'),
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(cluster === undefined
      ? {}
      : { cluster: { name: checkCluster(cluster), replicated: keeper, onCluster: keeper } }),
    fsync,
  };
}
