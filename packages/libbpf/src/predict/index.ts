export * from './features.js';
export * from './helper-calls.js';
export * from './kernel.js';
export * from './object-code.js';
export * from './predict.js';
export * from './program-kind.js';
export * from './source-lines.js';
export * from './without.js';
