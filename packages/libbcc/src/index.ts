export type {
  Attachment,
  KprobeSpec,
  PerfEventSpec,
  TracepointSpec,
  UprobeSpec,
} from './attachments.js';
export { BPF, type BpfOptions, type EventRow, type ReadOptions } from './bpf.js';
export type { ProgramText } from './diagnostics.js';
export type { EventSource } from './event-source.js';
export { findKernelHeaders, HEADERS_REMEDY, headersMismatch, type KernelHeaders } from './headers.js';
export type { HistogramTextOptions } from './histogram.js';
export {
  kernelFunctions,
  kernelName,
  matchFunctions,
  resembling,
  similarFunction,
  syscallFunction,
  tracepoints,
} from './kernel-functions.js';
export type { Value } from './layout/values.js';
export { LoadedProgram, type LoadedProgramOptions } from './loaded-program.js';
export { PERF_EVENTS } from './perf-events.js';
export { type AttachEntry, attachEntry, usdtRequests } from './program-plan.js';
export { ProgramProbe, type ProgramProbeOptions } from './program-probe.js';
export { Table } from './table.js';
export { parseTraceLine, type TraceFields } from './trace-pipe.js';
export { USDT, type UsdtProbeSpec, type UsdtTarget } from './usdt.js';
