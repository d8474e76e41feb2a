export * from './declared-members.js';
export * from './kernel-members.js';
export * from './kernels.js';
export * from './scan-btf.js';
