export * from './catalog.js';
export * from './dangerous-helpers.js';
export * from './find-packages.js';
export * from './integrity.js';
export * from './load-package.js';
export * from './package-info.js';
export * from './search-folders.js';
