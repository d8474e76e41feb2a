import type { Symbolizer } from '@skep/core';
import type { KernelMap } from './map.js';

const EVERY_MS = 500;

/**
 * Looks now and then at which processes a snapshot will have stacks of, and has the symbolizer read where their code is
 * while they live: by the end of the interval many are gone.
 */
export class LivingProcesses {
  private readonly symbolizer: Symbolizer;
  private readonly map: () => KernelMap;
  private readonly pidOffset: number;
  private readonly seen = new Set<number>();
  private readonly timer: NodeJS.Timeout;

  /**
   * @param map the one that programs fill now
   * @param pidOffset where the process lies in a key
   */
  constructor(symbolizer: Symbolizer, map: () => KernelMap, pidOffset: number) {
    this.symbolizer = symbolizer;
    this.map = map;
    this.pidOffset = pidOffset;
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  private look(): void {
    const map = this.map();
    const { keySize } = map;
    const { count, keys } = map.entries(false);
    const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
    for (let i = 0; i < count; i++) {
      const pid = view.getUint32(i * keySize + this.pidOffset, true);
      if (pid === 0 || this.seen.has(pid)) continue;
      this.seen.add(pid);
      this.symbolizer.prepareUser(pid);
    }
  }

  /** An interval is over: ids of processes may be used again. */
  forget(): void {
    this.seen.clear();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
