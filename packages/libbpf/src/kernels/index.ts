export * from './btf-kernel.js';
export * from './format-file.js';
export * from './known-kernels.js';
export * from './live-kernel.js';
