export * from './agent.js';
export * from './kernel-host.js';
export * from './metrics.js';
export * from './open.js';
export * from './privileges.js';
export * from './routes.js';
export { Strays } from './strays.js';
export * from './summary.js';
