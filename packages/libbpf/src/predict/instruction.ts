/** One instruction of a BPF program, 8 bytes; a 64-bit immediate takes two. */
export interface Instruction {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
}

/** Instruction classes: the low three bits of `code`. */
export const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;

/** `ld_imm64`: the upper half of the value stands in the next instruction. */
export const LD_IMM64 = 0x18;
export const CALL = 0x85;
export const EXIT = 0x95;

/** What `src` of a call says of its target. */
export const CALL_KIND = { helper: 0, program: 1, kernel: 2 } as const;

/** Bytes that a load or store moves. */
export function accessSize(code: number): number {
  return [4, 2, 1, 8][(code >>> 3) & 3]!;
}

/** @see https://docs.kernel.org/bpf/standardization/instruction-set.html */
export function readInstructions(bytes: Uint8Array): Instruction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => {
    const registers = view.getUint8(i * 8 + 1);
    return {
      code: view.getUint8(i * 8),
      dst: registers & 0xf,
      src: registers >>> 4,
      off: view.getInt16(i * 8 + 2, true),
      imm: view.getInt32(i * 8 + 4, true),
    };
  });
}
