export * from './known-kernels.js';
