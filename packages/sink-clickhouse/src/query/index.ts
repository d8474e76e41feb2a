export { ClickHouseStore } from './clickhouse-store.js';
export { libraryQueries, parseQuery } from './library.js';
export { openStore } from './open-store.js';
