export type { Frame } from './frame.js';
export { type KernelSymbols, parseKallsyms, readKernelSymbols } from './kernel-symbols.js';
export { SystemSymbolizer } from './symbolizer.js';
