export type { CheckWhere } from './check-context.js';
export * from './config.js';
export * from './diff.js';
export * from './load-config.js';
export { MAX_FILE_BYTES, readConfigFile } from './read-file.js';
export { placeInText, type TextInFile } from './scalar-place.js';
export type { Environment } from './substitute.js';
export { createFindUser } from './users.js';
export { checkWhereByColumns, placeWhereError } from './where.js';
