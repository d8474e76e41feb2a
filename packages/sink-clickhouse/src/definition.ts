import { defineSink, type Sink, type SinkContext } from '@skep/core';
import { ClickHouseSink } from './clickhouse-sink.js';
import { ServerEngine } from './engine/server.js';
import { libraryQueries } from './query/library.js';
import { openStore } from './query/open-store.js';
import { schemaSql } from './schema-sql.js';
import { type ClickHouseSettings, options, settingsOf } from './settings.js';
import { EmbeddedEngine } from './store/embedded-engine.js';

/** Two keep a server busy; more only cost memory. */
const SERVER_IN_FLIGHT = 2;
/** As many as the store process runs at a time. */
const EMBEDDED_IN_FLIGHT = 4;

/** `use: clickhouse`: rows into tables of a ClickHouse server, or of the embedded engine. */
export default defineSink({
  options,
  check: (values, { name, folder }) => void settingsOf(values, name, folder),
  owns: (values, { name, folder }) => [settingsOf(values, name, folder).spool.folder],
  schemaSql: (schemas, values, version) => schemaSql(schemas, values, version),
  queries: { library: libraryQueries, open: openStore },
  create: (values, context) => createSink(settingsOf(values, context.name, context.folder), context),
});

function createSink({ server, store, tables, spool, flushMs }: ClickHouseSettings, context: SinkContext): Sink {
  const engine = store ? new EmbeddedEngine(store, context.log) : new ServerEngine(server!);
  const inFlight = store ? EMBEDDED_IN_FLIGHT : SERVER_IN_FLIGHT;
  return new ClickHouseSink({ engine, tables, spool, inFlight, limits: { intervalMs: flushMs } }, context);
}
