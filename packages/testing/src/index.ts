export { type ClickHouseConfig, clusterXml } from './clickhouse/config.js';
export { type ClickHouseOptions, ClickHouseServer, freePort, hasClickHouse } from './clickhouse/server.js';
export { hasZooKeeper, ZooKeeper } from './clickhouse/zookeeper.js';
export * from './fake-ring.js';
export * from './json-rows.js';
export * from './layout.js';
export * from './record-bytes.js';
export { type PluginTestOptions, testPlugin } from './test-plugin.js';
export { type SinkUnderTest, testSink } from './test-sink.js';
