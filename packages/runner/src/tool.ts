/** What running one tool needs, without the YAML side: start-up time is a feature. */
export * from './agent/index.js';
export * from './capabilities.js';
export type { Config, PluginInstance, ProcessorInstance, SinkInstance } from './config/config.js';
export { createFindUser } from './config/users.js';
export { checkWhereByColumns } from './config/where.js';
export * from './describe.js';
export * from './discovery/index.js';
export * from './doctor.js';
export * from './doctor-tools.js';
export * from './explain.js';
export * from './predict-plugin.js';
export * from './selftest.js';
