export * from './agent/wiring.js';
export * from './check-programs.js';
export * from './config/index.js';
export { explainProgram } from './explain.js';
export * from './recording/index.js';
export * from './schema-json.js';
export * from './schema-sql.js';
export * from './tool.js';
