export * from './btf.js';
export * from './elf.js';
export * from './members.js';
export * from './object-info.js';
export * from './param-count.js';
export * from './row-types.js';
export * from './schemas.js';
