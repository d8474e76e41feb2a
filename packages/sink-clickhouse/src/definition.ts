import { defineSink, type Sink, type SinkContext } from '@skep/core';
import { ClickHouseSink } from './clickhouse-sink.js';
import { ServerEngine } from './engine/server.js';
import { schemaSql } from './schema-sql.js';
import { type ClickHouseSettings, options, settingsOf } from './settings.js';

/** Two keep a server busy; more only cost memory. */
const SERVER_IN_FLIGHT = 2;

/** `use: clickhouse`: rows into tables of a ClickHouse server, or of the embedded engine. */
export default defineSink({
  options,
  check: (values, { name, folder }) => void settingsOf(values, name, folder),
  schemaSql: (schemas, values, version) => schemaSql(schemas, values, version),
  create: (values, context) => createSink(settingsOf(values, context.name, context.folder), context),
});

function createSink({ server, tables, spool, flushMs }: ClickHouseSettings, context: SinkContext): Sink {
  const engine = new ServerEngine(server!);
  return new ClickHouseSink(
    { engine, tables, spool, inFlight: SERVER_IN_FLIGHT, limits: { intervalMs: flushMs } },
    context,
  );
}
