import {
  type BatchBuilder,
  createDecoder,
  type LossCounts,
  NO_LOSSES,
  type Probe,
  type ProbeRequest,
} from '@skep/core';
import { mapRing, RingReader, wallClock } from '@skep/libbpf';
import type { LeakPrograms } from './leak-programs.js';

const RING = 'events';

/** Every call as it happens, in place of reports. */
export class TraceProbe implements Probe {
  private readonly request: ProbeRequest;
  private readonly programs: LeakPrograms;
  private reader: RingReader | undefined;
  private ring: { readonly fd: number; unmap(): void } | undefined;
  private last = { losses: NO_LOSSES, held: 0n };
  private lost = 0n;

  constructor(request: ProbeRequest, programs: LeakPrograms) {
    this.request = request;
    this.programs = programs;
  }

  get schemas() {
    return this.request.schemas;
  }
  get attached() {
    return this.programs.attached;
  }
  get needs() {
    return this.programs.needs;
  }

  async open(): Promise<void> {
    const { programs } = this;
    programs.open();
    const map = programs.map(RING);
    const { memory, unmap } = mapRing(map.fd, map.maxEntries);
    const { members, size } = programs.info.rings.get(RING)!;
    this.reader = new RingReader(memory, createDecoder(members, wallClock()), size);
    this.ring = { fd: map.fd, unmap };
    this.request.poller.add(map.fd);
  }

  async attach(): Promise<void> {
    this.programs.attach();
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
    return this.reader ? this.programs.losses(RING) : this.last.losses;
  }

  held(): bigint {
    return this.reader?.held() ?? this.last.held;
  }

  async finish(): Promise<void> {
    await this.programs.detach();
  }

  async close(): Promise<void> {
    await this.programs.detach();
    if (this.reader && this.ring) {
      this.last = { losses: this.losses(), held: this.held() };
      this.request.poller.remove(this.ring.fd);
      this.ring.unmap();
    }
    this.reader = undefined;
    await this.programs.close();
  }
}
