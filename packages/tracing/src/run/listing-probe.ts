import { type BatchBuilder, type LossCounts, NO_LOSSES, type Probe, type ProbeRequest, type Schema } from '@skep/core';
import type { OutputRow } from './snapshot-probe.js';

/** The probe of a tool that lists what there is, and ends. */
export class ListingProbe implements Probe {
  private readonly request: ProbeRequest;
  private readonly list: () => Readonly<Record<string, readonly OutputRow[]>>;
  private readonly waiting = new Map<string, OutputRow[]>();
  private readonly counts = new Map<string, bigint>();
  isDone = false;

  /** @param list rows by stream; it may throw what `open` is to throw */
  constructor(request: ProbeRequest, list: () => Readonly<Record<string, readonly OutputRow[]>>) {
    this.request = request;
    this.list = list;
  }

  get schemas(): readonly Schema[] {
    return this.request.schemas;
  }

  async open(): Promise<void> {
    for (const [stream, rows] of Object.entries(this.list())) {
      this.waiting.set(stream, [...rows]);
      this.counts.set(stream, BigInt(rows.length));
    }
  }

  async attach(): Promise<void> {
    this.isDone = true;
  }

  drain(into: BatchBuilder): number {
    const rows = this.waiting.get(into.schema.stream)?.splice(0, into.room) ?? [];
    for (const row of rows) into.push(row);
    return rows.length;
  }

  losses(stream: string): LossCounts {
    return { ...NO_LOSSES, attempted: this.counts.get(stream) ?? 0n };
  }

  held(stream: string): bigint {
    return BigInt(this.waiting.get(stream)?.length ?? 0);
  }

  async close(): Promise<void> {}
}
