export { cgroupOf, type Entries } from '@skep/libbpf';
export { ElfFile, type ElfFunction, type ElfSection } from './elf/elf-file.js';
export { type UsdtArgument, type UsdtNote, usdtArguments, usdtNotes } from './elf/usdt-notes.js';
export { libraryFile, mappedFiles } from './place/library.js';
export { globMatcher, type Pattern, type PatternKind, type PatternOptions, parsePattern } from './place/pattern.js';
export { findTargets, isRefusal, type Target } from './place/target.js';
export {
  type AssembledProgram,
  assembleProgram,
  functionParameters,
  type ProbeSpecifier,
  readUsdtArguments,
} from './program/assemble.js';
export { attachTo, functionName } from './program/attach.js';
export { ProgramWriter, programHead, type Said } from './program/program-text.js';
export { STACK_TEXT, stackId } from './program/stack-text.js';
export { dataLocations, withDataLocations } from './program/tracepoint.js';
export { argumentNumber, COMMON_WORDS, commonWord, isSyscall, registerArgument } from './program/words.js';
export { CompiledTracer, type CompiledTracerOptions } from './run/compiled-tracer.js';
export { ListingProbe } from './run/listing-probe.js';
export { LiveStacks, NamedLiveStacks } from './run/live-stacks.js';
export { type PatternPrograms, patternProbe } from './run/pattern-probe.js';
export { PatternTargets } from './run/pattern-targets.js';
export { ProgramObject, type ProgramObjectOptions } from './run/program-object.js';
export { ProgramStacks } from './run/program-stacks.js';
export { RingProbe } from './run/ring-probe.js';
export { type OutputRow, type Reading, SnapshotProbe, type SnapshotSource } from './run/snapshot-probe.js';
export { type Numbered, type Refused, TargetLinks, type TargetProgram, warnOfRefused } from './run/target-links.js';
export { TargetObject, type TargetObjectOptions } from './run/target-object.js';
export { type ExpressionContext, Helpers, type Meaning, rewriteExpression } from './spec/expression.js';
export { type Place, parsePlace, placeText } from './spec/place.js';
export { type Parameter, parseFunctionSignature, parseSignature } from './spec/signature.js';
export { closingBracket, endOfQuote, type Piece, splitTop, trimmed } from './spec/split.js';
export { specError } from './spec-error.js';
