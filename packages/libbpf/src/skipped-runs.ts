import { libbpf } from './native/libbpf.js';

/** `struct bpf_prog_info` up to and with `recursion_misses`, Linux 5.12 (commit 9ed9e9ba2337). */
const INFO_BYTES = 216;
const RECURSION_MISSES = 208;

/**
 * How often the kernel skipped a program because another, or a change of a map, had just been interrupted on that CPU.
 * 0 where the kernel does not count it.
 *
 * @param program descriptor of a loaded program
 */
export function skippedRunsOf(program: number): bigint {
  const info = new Uint8Array(INFO_BYTES);
  // An older kernel fills in less, and leaves the rest as it is.
  if (libbpf().bpf_obj_get_info_by_fd(program, info, [INFO_BYTES]) < 0) return 0n;
  return new DataView(info.buffer).getBigUint64(RECURSION_MISSES, true);
}
