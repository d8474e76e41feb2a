import type { StackFrames, StackMember } from '@skep/core';

/** The frames of one half of a stack, root first, in both of the styles that rows may have. */
export interface RecordedFrames {
  /** Functions alone. */
  readonly names: readonly string[];
  /** As a text table shows them. */
  readonly table: readonly string[];
}

/** Stacks with their names, by what stands in the records of one drain. */
export class RecordedStacks {
  private readonly byId = new Map<string, RecordedFrames>();

  get size(): number {
    return this.byId.size;
  }

  /** @param pid the process of a user stack */
  add(half: StackMember['half'], id: bigint, pid: number, frames: RecordedFrames): void {
    this.byId.set(keyOf(half, id, pid), frames);
  }

  get(half: StackMember['half'], id: bigint, pid: number): RecordedFrames | undefined {
    return this.byId.get(keyOf(half, id, pid));
  }
}

function keyOf(half: StackMember['half'], id: bigint, pid: number): string {
  return half === 'user' ? `${id}:${pid}` : `${id}`;
}

const NONE = new Uint8Array();
const utf8 = new TextEncoder();

/** Gives decoders the frames that were recorded. */
export class ReplayedFrames implements StackFrames {
  private readonly stacks: RecordedStacks | undefined;
  private readonly style: keyof RecordedFrames;
  private readonly onUnknown: () => Error;

  /** @param onUnknown the error for a stack that the recording does not have */
  constructor(stacks: RecordedStacks | undefined, style: keyof RecordedFrames, onUnknown: () => Error) {
    this.stacks = stacks;
    this.style = style;
    this.onUnknown = onUnknown;
  }

  frames(half: StackMember['half'], low: number, high: number, pid: number): Uint8Array {
    if (low === 0 && high === 0) return NONE;
    const found = this.stacks?.get(half, (BigInt(high) << 32n) | BigInt(low), pid);
    if (!found) throw this.onUnknown();
    return utf8.encode(found[this.style].join(';'));
  }
}
