import type { FrameStyle, StackMember, Symbolizer } from '@skep/core';
import { type KernelMap, NamedStacks, STACK_MAPS, stackOf } from '@skep/libbpf';
import type { ProgramObject } from './program-object.js';

/** Stacks that are remembered here, 1 kB each at most; more have no names. */
const MOST_STACKS = 65_536;

const utf8 = new TextDecoder();

/**
 * The stacks of what is outstanding. Programs put every stack they see into one of two maps (`<skep/stack.bpf.h>`), most
 * of them of what ends at once; so at each report those still wanted are remembered here, the map that programs have left
 * since the last report is emptied, and they are sent to it.
 */
export class LiveStacks {
  private readonly maps: readonly KernelMap[];
  private readonly epoch: Uint32Array;
  private readonly known = new Map<bigint, BigUint64Array>();

  /**
   * @param maps of the two sides
   * @param epoch the program's `skep_epoch`
   */
  constructor(maps: readonly KernelMap[], epoch: Uint32Array) {
    this.maps = maps;
    this.epoch = epoch;
  }

  /** Innermost first; undefined when the stack found no room. */
  addresses(id: bigint): BigUint64Array | undefined {
    const known = this.known.get(id);
    if (known) return known;
    const found = stackOf(this.maps[Number(id & 1n)]!, id);
    if (found && this.known.size < MOST_STACKS) this.known.set(id, found);
    return found;
  }

  /** At each report: remember these alone, and make room for others. */
  turn(live: ReadonlySet<bigint>): void {
    for (const id of live) this.addresses(id);
    for (const id of this.known.keys()) if (!live.has(id)) this.known.delete(id);
    const side = Atomics.load(this.epoch, 0) & 1;
    // Left a report ago: no program that was sent there is still running.
    this.maps[side ^ 1]!.entries(true);
    Atomics.store(this.epoch, 0, side ^ 1);
  }
}

/** The same with names. */
export class NamedLiveStacks {
  private readonly stacks: LiveStacks;
  private readonly named: NamedStacks;

  /** @param object loaded; its programs include `<skep/stack.bpf.h>` */
  constructor(object: ProgramObject, symbolizer: Symbolizer, style: FrameStyle) {
    const maps = STACK_MAPS.map((name) => object.map(name));
    this.stacks = new LiveStacks(maps, object.variable('skep_epoch'));
    this.named = new NamedStacks(symbolizer, style, (id) => this.stacks.addresses(id));
  }

  /** Root first, `;` between them; `[lost]` when the stack found no room. */
  frames(half: StackMember['half'], id: bigint, pid: number): string {
    return utf8.decode(this.named.frames(half, Number(id & 0xffffffffn), Number(id >> 32n), pid));
  }

  /** As `LiveStacks.turn`; names are looked up anew, since ids of processes are used again. */
  turn(live: ReadonlySet<bigint>): void {
    this.stacks.turn(live);
    this.named.forget();
  }
}
