export { layoutOf, type StoreLayout } from './layout.js';
export { type StoreHandle, type StoreOptions, startStore } from './start.js';
