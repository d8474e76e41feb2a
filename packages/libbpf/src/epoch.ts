import type { ObjectInfo } from './btf/index.js';

/**
 * The program's `skep_epoch`, whose lowest bit is the side of its maps that is filled now.
 *
 * @param bss the mapped .bss, which holds it
 */
export function epochOf(info: ObjectInfo, bss: ArrayBuffer): Uint32Array {
  return new Uint32Array(bss, info.variables.get('skep_epoch')?.offset ?? 0, 1);
}

/** The side that is filled now. */
export function sideOf(epoch: Uint32Array): 0 | 1 {
  return Atomics.load(epoch, 0) & 1 ? 1 : 0;
}
