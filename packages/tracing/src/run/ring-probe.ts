import {
  type BatchBuilder,
  createDecoder,
  type LossCounts,
  NO_LOSSES,
  type Probe,
  type ProbeRequest,
} from '@skep/core';
import { mapRing, RingReader, wallClock } from '@skep/libbpf';
import type { ProgramObject } from './program-object.js';
import type { SnapshotSource } from './snapshot-probe.js';

/** The probe of a tool that shows the records of one ring, all members of them. */
export class RingProbe implements Probe {
  private readonly request: ProbeRequest;
  private readonly source: Omit<SnapshotSource, 'read' | 'banner'>;
  private readonly object: ProgramObject;
  private readonly ring: string;
  private reader: RingReader | undefined;
  private mapped: { readonly fd: number; unmap(): void } | undefined;
  private last = { losses: NO_LOSSES, held: 0n };
  private lost = 0n;

  /**
   * @param source what loads and attaches
   * @param object of the source; it is loaded once the source is open
   */
  constructor(
    request: ProbeRequest,
    source: Omit<SnapshotSource, 'read' | 'banner'>,
    object: ProgramObject,
    ring: string,
  ) {
    this.request = request;
    this.source = source;
    this.object = object;
    this.ring = ring;
  }

  get schemas() {
    return this.request.schemas;
  }
  get attached() {
    return this.source.attached;
  }
  get needs() {
    return this.source.needs ?? [];
  }

  async open(): Promise<void> {
    await this.source.open();
    const map = this.object.map(this.ring);
    const { memory, unmap } = mapRing(map.fd, map.maxEntries);
    const { members, size } = this.object.info.rings.get(this.ring)!;
    this.reader = new RingReader(memory, createDecoder(members, wallClock()), size);
    this.mapped = { fd: map.fd, unmap };
    this.request.poller.add(map.fd);
  }

  attach(): Promise<void> {
    return this.source.attach();
  }

  drain(into: BatchBuilder): number {
    const rows = this.reader?.drain(into) ?? 0;
    if (rows === 0) return 0;
    const { ringFull } = this.losses();
    into.lost += Number(ringFull - this.lost);
    this.lost = ringFull;
    return rows;
  }

  losses(): LossCounts {
    return this.reader ? this.object.losses(this.ring) : this.last.losses;
  }

  held(): bigint {
    return this.reader?.held() ?? this.last.held;
  }

  skippedRuns(): bigint {
    return this.source.skippedRuns;
  }

  finish(): Promise<void> {
    return this.source.detach();
  }

  async close(): Promise<void> {
    await this.source.detach();
    if (this.reader && this.mapped) {
      this.last = { losses: this.losses(), held: this.held() };
      this.request.poller.remove(this.mapped.fd);
      this.mapped.unmap();
    }
    this.reader = undefined;
    this.mapped = undefined;
    await this.source.close();
  }
}
