export * from './fake-ring.js';
export * from './json-rows.js';
export * from './layout.js';
export * from './prototypes.js';
export * from './record-bytes.js';
export { batchOf, schemaOf } from './sink/batches.js';
export { type PluginTestOptions, testPlugin } from './test-plugin.js';
export { type CreateProcessor, testProcessor } from './test-processor.js';
export { type SinkUnderTest, testSink } from './test-sink.js';
