export * from './build-package.js';
export * from './checks/index.js';
export * from './compile-bpf.js';
export type { KernelVerdict } from './kernel-verdicts.js';
export * from './markdown.js';
export * from './option-tables.js';
export * from './readme-tables.js';
export * from './stream-tables.js';
export { atAuthorsLine } from './verifier-place.js';
