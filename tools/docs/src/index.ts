export * from './compare.js';
export * from './generate.js';
