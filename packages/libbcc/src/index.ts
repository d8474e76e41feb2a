export * from './compile.js';
export * from './layout/columns.js';
export * from './layout/layout.js';
