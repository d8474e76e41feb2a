export * from './compare.js';
export * from './generate.js';
export * from './kernels-page.js';
