export { type FieldName, type FilterAst, filterFields } from './ast.js';
export { checkFilter, compileFilter, type Filter, type FilterOptions, filterProcessor } from './compile.js';
export { quoteRegex, quoteText } from './literals.js';
export { FILTER_LIMITS, parseFilter } from './parser.js';
export type { FilterPlace } from './source.js';
