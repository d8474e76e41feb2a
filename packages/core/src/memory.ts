/** Bytes of the kernel, seen through several widths at once; offsets are in bytes and aligned as in C. */
export interface KernelMemory {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
}

/** Views of `buffer`, whose length must be a multiple of 4 (rings and map buffers are). */
export function kernelMemory(buffer: ArrayBuffer): KernelMemory {
  return {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
  };
}
