export * from './catalog.js';
export * from './find-packages.js';
export * from './load-package.js';
export * from './package-info.js';
export * from './search-folders.js';
