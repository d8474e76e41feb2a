export * from './compile-bpf.js';
export * from './plugins.js';
