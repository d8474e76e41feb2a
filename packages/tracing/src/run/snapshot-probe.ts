import {
  type BatchBuilder,
  type Capability,
  type LossCounts,
  NO_LOSSES,
  type Probe,
  type ProbeRequest,
  type Schema,
} from '@skep/core';
import { rcuGracePeriod } from '@skep/libbpf';

export type OutputRow = Readonly<Record<string, unknown>>;

/** What counts in the kernel, and how it is read. */
export interface SnapshotSource {
  readonly attached: readonly { readonly name: string; readonly section: string }[];
  /** Said before the first output; in place of what the definition says. */
  readonly banner?: string;
  /** Capabilities that reading takes. */
  readonly needs?: readonly Capability[];
  /** Runs of its programs that the kernel skipped: see `Probe.skippedRuns`; also once it is closed. */
  readonly skippedRuns: bigint;
  open(): Promise<void>;
  attach(): Promise<void>;
  detach(): Promise<void>;
  /** Call it once, and nothing after it. */
  close(): Promise<void>;
  /** What was counted since the last reading. */
  read(): Reading;
}

export interface Reading {
  /** By name of the stream; `time` is added to each. */
  readonly rows: Readonly<Record<string, readonly OutputRow[]>>;
  /** Updates that these rows stand for. */
  readonly updates: bigint;
  /** Updates since the last reading that found no room. */
  readonly refused?: bigint;
  /** Rows since the last reading that lack something: a stack that found no room. */
  readonly cut?: bigint;
}

/** A reading that is not drained yet, or not by all streams. */
interface Taken {
  readonly timeNs: bigint;
  readonly intervalNs: bigint;
  readonly complete: boolean;
  /** Of the streams that have not drained it. */
  readonly rows: Map<string, readonly OutputRow[]>;
}

/** The probe of a tool that counts: read at intervals, and once more at the end. */
export class SnapshotProbe implements Probe {
  private readonly request: ProbeRequest;
  private readonly source: SnapshotSource;
  /** Oldest first: at the end there may be two. */
  private waiting: Taken[] = [];
  private timer: NodeJS.Timeout | undefined;
  private lastNs = nowNs();
  private covered_ = 0n;
  private refused = 0n;
  private cut = 0n;
  private isOpen = false;

  readonly schemas: readonly Schema[];

  constructor(request: ProbeRequest, source: SnapshotSource) {
    this.request = request;
    this.source = source;
    const { banner } = source;
    const [first, ...others] = request.schemas;
    this.schemas =
      banner === undefined ? request.schemas : [{ ...first!, layout: { ...first!.layout, banner } }, ...others];
  }

  get needs(): readonly Capability[] {
    return this.source.needs ?? [];
  }
  get attached() {
    return this.source.attached;
  }

  async open(): Promise<void> {
    this.isOpen = true;
    await this.source.open();
  }

  async attach(): Promise<void> {
    const { everyMs, poller } = this.request;
    await this.source.attach();
    this.lastNs = nowNs();
    if (everyMs === undefined) return;
    let due = performance.now() + everyMs;
    const tick = () => {
      // While the last one has not been drained, none is taken: the interval grows, and nothing is lost.
      if (this.waiting.length === 0) this.take();
      poller.wake();
      const now = performance.now();
      due = Math.max(due + everyMs, now);
      this.timer = setTimeout(tick, due - now);
    };
    this.timer = setTimeout(tick, everyMs);
  }

  private take(): void {
    const { rows, updates, refused = 0n, cut = 0n } = this.source.read();
    const timeNs = nowNs();
    this.covered_ += updates;
    this.refused += refused;
    this.cut += cut;
    this.waiting.push({
      timeNs,
      intervalNs: timeNs - this.lastNs,
      complete: refused === 0n,
      rows: new Map(this.schemas.map(({ stream }) => [stream, rows[stream] ?? []])),
    });
    this.lastNs = timeNs;
  }

  drain(into: BatchBuilder): number {
    const { stream } = into.schema;
    const taken = this.waiting.find((one) => one.rows.has(stream));
    if (!taken) return 0;
    const { timeNs, intervalNs, complete } = taken;
    const rows = taken.rows.get(stream)!;
    taken.rows.delete(stream);
    this.waiting = this.waiting.filter((one) => one.rows.size > 0);
    into.snapshot = { timeNs, intervalNs, complete };
    into.ensure(rows.length);
    for (const row of rows) into.push({ time: timeNs, ...row });
    return rows.length;
  }

  losses(): LossCounts {
    return { ...NO_LOSSES, attempted: this.covered_ + this.refused, mapFull: this.refused, cut: this.cut };
  }

  covered(): bigint {
    return this.covered_;
  }

  skippedRuns(): bigint {
    return this.source.skippedRuns;
  }

  held(): bigint {
    return 0n;
  }

  /** Detach, wait until nothing runs any more, and read what was counted last. */
  async finish(): Promise<void> {
    clearTimeout(this.timer);
    await this.source.detach();
    await rcuGracePeriod();
    this.take();
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.source.close();
  }
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
