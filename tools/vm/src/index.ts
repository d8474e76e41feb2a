export type { Accelerator } from './accelerator.js';
export { cacheFolder } from './cache.js';
export { EXIT_FETCH, EXIT_HOST, EXIT_USAGE, EXIT_VM, renderError, VmError, type VmErrorCode } from './errors.js';
export { type CachedKernel, cachedKernel, type FetchOptions, fetchKernel } from './fetch.js';
export { HOST_PACKAGES } from './host-packages.js';
export { KERNELS, type KnownKernel, kernelNamed } from './kernels.js';
export type { VmOptions, VmResult } from './options.js';
export { runInVm } from './run.js';
export { parseDurationMs } from './units.js';
