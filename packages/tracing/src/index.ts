export { ElfFile, type ElfFunction, type ElfSection } from './elf/elf-file.js';
export { type UsdtArgument, type UsdtNote, usdtArguments, usdtNotes } from './elf/usdt-notes.js';
export { libraryFile, mappedFiles } from './place/library.js';
export { globMatcher, type Pattern, type PatternKind, type PatternOptions, parsePattern } from './place/pattern.js';
export { findTargets, isRefusal, type Target } from './place/target.js';
export { ListingProbe } from './run/listing-probe.js';
export { type OutputRow, type Reading, SnapshotProbe, type SnapshotSource } from './run/snapshot-probe.js';
export { type Refused, TargetObject, type TargetObjectOptions, type TargetProgram } from './run/target-object.js';
export { specError } from './spec-error.js';
