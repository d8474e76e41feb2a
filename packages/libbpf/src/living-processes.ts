import type { Symbolizer } from '@skep/core';
import type { KernelMap } from './map.js';

const EVERY_MS = 500;
/** A process that was looked at before it has become its program, by execve(2), is another one at the next look. */
const LOOKS = 2;

/**
 * Looks now and then at which processes a snapshot will have stacks of, and has the symbolizer read where their code is
 * while they live: by the end of the interval many are gone.
 */
export class LivingProcesses {
  private readonly symbolizer: Symbolizer;
  private readonly map: () => KernelMap;
  private readonly pidOffset: number;
  /** How often a process was looked at. */
  private readonly looks = new Map<number, number>();
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
      const looks = this.looks.get(pid) ?? 0;
      if (pid === 0 || looks === LOOKS) continue;
      this.looks.set(pid, looks + 1);
      this.symbolizer.prepareUser(pid);
    }
  }

  /** An interval is over: ids of processes may be used again. */
  forget(): void {
    this.looks.clear();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
