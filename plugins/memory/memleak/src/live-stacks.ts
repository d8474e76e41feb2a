import { type KernelMap, stackOf } from '@skep/libbpf';

/** Stacks that are remembered here, 1 kB each at most; more have no names. */
const MOST_STACKS = 65_536;

/**
 * The stacks of what is outstanding. Programs put every stack they see into one of two maps, most of them of memory that
 * is freed at once; so at each report what is still wanted is remembered here, the map that programs have left since the
 * last report is emptied, and they are sent to it.
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
