/** Bytes of the kernel, seen through every width at once; offsets are in bytes and aligned as in C. */
export interface KernelMemory {
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
}

/** Views of `buffer`, whose length must be a multiple of 4 (rings and map buffers are). */
export function kernelMemory(buffer: ArrayBuffer): KernelMemory {
  return {
    u8: new Uint8Array(buffer),
    i8: new Int8Array(buffer),
    u16: new Uint16Array(buffer),
    i16: new Int16Array(buffer),
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
  };
}
