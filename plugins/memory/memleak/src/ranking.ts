import type { Group } from './groups.js';

/** What stacks of equal names have outstanding together. */
export interface Outstanding {
  readonly frames: string;
  readonly allocator: number;
  bytes: number;
  count: number;
  /** Bytes more than at the last report. */
  gained: number;
  oldestNs: number;
}

export type Order = 'size' | 'count' | 'growth';

/**
 * Stacks by what they have outstanding, the largest last: it is read first on a terminal. Groups whose stacks have equal
 * names are one.
 */
export class Ranking {
  private readonly order: Order;
  private readonly top: number;
  private before = new Map<string, number>();

  /** @param top how many are wanted */
  constructor(order: Order, top: number) {
    this.order = order;
    this.top = top;
  }

  /** The next report. @param framesOf names, root first, `;` between them */
  report(groups: readonly Group[], framesOf: (stack: bigint) => string): Outstanding[] {
    const rows = new Map<string, Outstanding>();
    for (const { stack, allocator, bytes, count, oldestNs } of groups) {
      const frames = framesOf(stack);
      const key = `${allocator} ${frames}`;
      const row = rows.get(key);
      if (!row) {
        rows.set(key, { frames, allocator, bytes, count, gained: bytes, oldestNs });
        continue;
      }
      row.bytes += bytes;
      row.gained += bytes;
      row.count += count;
      row.oldestNs = Math.min(row.oldestNs, oldestNs);
    }
    for (const [key, row] of rows) row.gained -= this.before.get(key) ?? 0;
    this.before = new Map([...rows].map(([key, { bytes }]) => [key, bytes]));
    const weight = { size: 'bytes', count: 'count', growth: 'gained' } as const;
    const by = weight[this.order];
    const ordered = [...rows.values()].sort((a, b) => a[by] - b[by] || (a.frames < b.frames ? -1 : 1));
    return ordered.slice(Math.max(0, ordered.length - this.top));
  }
}
