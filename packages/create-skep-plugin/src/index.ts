export * from './create-package.js';
export * from './kinds.js';
