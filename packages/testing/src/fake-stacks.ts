import type { StackFrames, StackMember } from '@skep/core';

const utf8 = new TextEncoder();
/** Ids of stacks of the kernel: 0 is none, 1 is one that found no room. */
const FIRST_ID = 2;

/** Stacks whose frames a test says, in place of addresses that a symbolizer names. */
export class FakeStacks implements StackFrames {
  private readonly texts: string[] = [];

  /** What stands in a record for a stack of these frames, root first; 0 for none. */
  idOf(frames: readonly string[]): bigint {
    if (frames.length === 0) return 0n;
    return BigInt(FIRST_ID + this.texts.push(frames.join(';')) - 1);
  }

  frames(_half: StackMember['half'], low: number, high: number): Uint8Array {
    if (low === 0 && high === 0) return new Uint8Array();
    return utf8.encode(this.texts[low - FIRST_ID] ?? '[lost]');
  }
}
