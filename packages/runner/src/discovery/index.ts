export * from './catalog.js';
export * from './find-packages.js';
export * from './integrity.js';
export * from './load-package.js';
export * from './not-found.js';
export * from './package-info.js';
export * from './search-folders.js';
