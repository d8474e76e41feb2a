import type { ColumnType, Field, Schema } from '@skep/core';

function field(name: string, type: ColumnType, doc: string, meaning?: string): Field {
  return { name, type, meaning, doc, size: 0, labels: undefined };
}

const time = (name: string, doc: string): Field => field(name, 'u64', doc, 'skep_ktime_t');
/** Up to 64 bytes, and few distinct ones. */
const word = (name: string, doc: string): Field => ({ ...field(name, 'bytes', doc, 'skep_comm_t'), size: 16 });
const count = (name: string, doc: string): Field => field(name, 'u64', doc);

/**
 * The account of one stream for one interval, in the table `skep_losses`. Counts are of the interval, so they can be
 * summed; those up to `sink_failed` are in events, or for snapshots in updates of the map, the others in rows.
 */
const LOSSES: readonly Field[] = [
  time('time', 'end of the interval'),
  time('since', 'its beginning'),
  word('stream', 'stream of the source'),
  word('stream_table', 'table of its rows'),
  count('attempted', 'events that the kernel side tried to send'),
  count('delivered', 'events that were drained and taken'),
  count('held', 'events that waited in the kernel at the end of the interval'),
  count('filtered', 'events removed by where'),
  count('ring_full', 'events lost: the ring was full'),
  count('map_full', 'events lost: a map was full'),
  count('cut', 'events delivered with a text that was cut'),
  count('sink_failed', 'events lost: the sink refused them'),
  count('first_seq', 'seq of the first row of the interval'),
  count('next_seq', 'seq of the first row after it'),
  count('stored', 'rows that the store acknowledged in the interval, whenever they were taken'),
  count('dropped', 'rows that the spool dropped in the interval: it was full, or they were too old'),
  count('quarantined', 'rows set aside in the interval: the store will not take them'),
  count(
    'skipped_runs',
    'runs of the programs of the source that the kernel skipped: what they would have counted is not known',
  ),
];

const AGENTS: readonly Field[] = [
  time('time', 'when the agent was there'),
  time('started', 'start of its process'),
  word('version', 'version of skep'),
  word('kernel', 'release of the kernel'),
  word('config', 'hash of the configuration, without its secrets'),
];

function ledgerSchema(stream: string, source: string, fields: readonly Field[], keys: readonly string[]): Schema {
  return { plugin: 'skep', source, stream, shape: 'events', fields, keys, layout: { columns: [] } };
}

/** What the streams of `source` lost. */
export function lossesSchema(source: string): Schema {
  return ledgerSchema('losses', source, LOSSES, ['stream']);
}

/** Which agents there are. */
export function agentsSchema(): Schema {
  return ledgerSchema('agents', 'skep', AGENTS, []);
}
