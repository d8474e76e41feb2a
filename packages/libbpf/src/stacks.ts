import type { FrameStyle, StackFrames, StackMember, Symbolizer } from '@skep/core';
import type { Entries, KernelMap } from './map.js';

/** Maps of `<skep/stack.bpf.h>`, one for each side of the epoch. */
export const STACK_MAPS = ['skep_stacks_0', 'skep_stacks_1'] as const;

/** The one map of programs whose stacks outlive an interval. */
export const STAYING_STACKS = 'skep_stacks';

const LOST = '[lost]';
const NONE = new Uint8Array();
const utf8 = new TextEncoder();

/** Addresses by id, innermost first. */
export type StackAddresses = ReadonlyMap<bigint, BigUint64Array>;

/** Stacks that were read out of a map, by their ids. */
export function stackAddresses({ count, keys, values, stride }: Entries): StackAddresses {
  const ids = new BigUint64Array(keys.buffer, keys.byteOffset, count);
  const stacks = new Map<bigint, BigUint64Array>();
  for (let i = 0; i < count; i++) {
    const words = new BigUint64Array(values.buffer, values.byteOffset + i * stride, stride / 8);
    stacks.set(ids[i]!, wholeStack(words));
  }
  return stacks;
}

/** The stack `id` of a map; undefined when it is not there, or not any more. */
export function stackOf(map: KernelMap, id: bigint): BigUint64Array | undefined {
  const bytes = map.lookup(new Uint8Array(BigUint64Array.of(id).buffer));
  return bytes && wholeStack(new BigUint64Array(bytes.buffer));
}

/** The addresses before the first 0. */
function wholeStack(words: BigUint64Array): BigUint64Array {
  const end = words.indexOf(0n);
  return end < 0 ? words : words.subarray(0, end);
}

/** Frames of what called the program into being, above the function that was traced. */
const TRACING =
  /^(?:0x[0-9a-f]{16} )?(bpf_prog_\w+ \[bpf\]|bpf_prog_\w+|bpf_get_stack\w*|bpf_trace_run\d+|__bpf_trace_\w+|__traceiter_\w+|trace_call_bpf|perf_trace_\w+|perf_call_bpf_enter|perf_syscall_\w+|bpf_overflow_handler|bpf_trampoline_\w+|__bpf_prog_\w+)(\.\w+)*(\+0x|$)/;

/** A stack that a row refers to, with its names: frames root first, `;` between them, `[lost]` when it was not kept. */
export interface NamedStack {
  readonly half: StackMember['half'];
  /** What stands in the record. It means this stack until the next drain, and no longer. */
  readonly id: bigint;
  /** The process of a user stack; 0 for the kernel's half. */
  readonly pid: number;
  /** Functions alone. */
  readonly names: string;
  /** As a text table shows them. */
  readonly table: string;
}

/** Who wants to know every stack that is named, in both of the styles that rows may have. */
export interface StackListener {
  /** What a text table has. */
  readonly tableStyle: FrameStyle;
  /** Called once for each stack, until `forget`. */
  stack(stack: NamedStack): void;
}

/** Gives the frames of stacks: names from a symbolizer, addresses from whoever has them. */
export class NamedStacks implements StackFrames {
  private readonly symbolizer: Symbolizer;
  private readonly style: FrameStyle;
  private readonly addresses: (id: bigint) => BigUint64Array | undefined;
  private readonly listener: StackListener | undefined;
  private readonly known = new Map<string, Uint8Array>();

  constructor(
    symbolizer: Symbolizer,
    style: FrameStyle,
    addresses: (id: bigint) => BigUint64Array | undefined,
    listener?: StackListener,
  ) {
    this.symbolizer = symbolizer;
    this.style = style;
    this.addresses = addresses;
    this.listener = listener;
  }

  /** Forget the names: processes come and go, and their ids are used again. */
  forget(): void {
    this.known.clear();
  }

  frames(half: StackMember['half'], low: number, high: number, pid: number): Uint8Array {
    if (low === 0 && high === 0) return NONE;
    const key = `${high}:${low}:${half === 'user' ? pid : ''}`;
    const known = this.known.get(key);
    if (known) return known;
    const frames = utf8.encode(this.name(half, (BigInt(high) << 32n) | BigInt(low), pid));
    this.known.set(key, frames);
    return frames;
  }

  private name(half: StackMember['half'], id: bigint, pid: number): string {
    const addresses = this.addresses(id);
    const textIn = (style: FrameStyle) => (addresses ? this.text(half, addresses, pid, style) : LOST);
    const text = textIn(this.style);
    if (this.listener) {
      const inStyle = (style: FrameStyle) => (style === this.style ? text : textIn(style));
      const texts = { names: inStyle('names'), table: inStyle(this.listener.tableStyle) };
      this.listener.stack({ half, id, pid: half === 'user' ? pid : 0, ...texts });
    }
    return text;
  }

  private text(half: StackMember['half'], addresses: BigUint64Array, pid: number, style: FrameStyle): string {
    const names =
      half === 'user'
        ? this.symbolizer.user(pid, addresses, style)
        : withoutTracing(this.symbolizer.kernel(addresses, style));
    return names.reverse().join(';');
  }
}

/** The tracing itself is no part of the stack that was traced. A stack of nothing else is left as it is. */
function withoutTracing(names: string[]): string[] {
  const first = names.findIndex((name) => !TRACING.test(name));
  return first > 0 ? names.slice(first) : names;
}

/**
 * The stacks that records of a ring refer to, read one by one when a record names them. When half of one side's room
 * is used, programs are sent to the other: by then every record that names one of that side's stacks has been drained.
 */
export class EventStacks {
  private readonly maps: readonly KernelMap[];
  private readonly turnTo: (side: number) => void;
  private side = 0;
  private readonly seen = new Map<bigint, BigUint64Array | undefined>();
  private fresh = 0;

  /** @param turnTo sends programs, which begin with side 0, to the other */
  constructor(maps: readonly KernelMap[], turnTo: (side: number) => void) {
    this.maps = maps;
    this.turnTo = turnTo;
  }

  addresses(id: bigint): BigUint64Array | undefined {
    if (this.seen.has(id)) return this.seen.get(id);
    const side = Number(id & 1n);
    const found = stackOf(this.maps[side]!, id);
    this.seen.set(id, found);
    if (side === this.side) this.fresh++;
    return found;
  }

  /** Between drains: make room when it is time. */
  turn(): void {
    if (this.fresh * 2 < this.maps[0]!.maxEntries) return;
    const { side } = this;
    this.side = side ^ 1;
    this.maps[this.side]!.entries(true);
    this.turnTo(this.side);
    for (const id of this.seen.keys()) if (Number(id & 1n) !== side) this.seen.delete(id);
    this.fresh = 0;
  }
}
