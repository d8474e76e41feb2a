import {
  type BatchBuilder,
  isSkepError,
  type Log,
  type LossCounts,
  NO_LOSSES,
  type Probe,
  type Schema,
  SkepError,
  type SourceLocation,
  suggest,
} from '@skep/core';
import { type Poller, rcuGracePeriod, refuseGuarded, type StreamOwner } from '@skep/libbpf';
import type { ProgramText } from './diagnostics.js';
import type { EventSource } from './event-source.js';
import { LoadedProgram } from './loaded-program.js';
import { type AttachEntry, attachEntry, checkFunctions, usdtRequests } from './program-plan.js';
import { type TableStream, tableStream } from './table-stream.js';
import { histogramNames } from './text/histogram-names.js';

export interface ProgramProbeOptions {
  readonly owner: StreamOwner;
  readonly program: ProgramText;
  /** Besides what functions say by their names. */
  readonly attach: readonly AttachEntry[];
  readonly cflags: readonly string[];
  /** Tables that become streams; undefined: every table with keys and values. */
  readonly tables: readonly string[] | undefined;
  /** Tables among them that are emptied at every reading. */
  readonly clear: readonly string[];
  /** Histograms whose buckets are single values; the others are powers of two. */
  readonly linear: readonly string[];
  /** Of the histograms' values. */
  readonly unit: string;
  readonly perfPages?: number | undefined;
  /** Time between readings of tables; undefined: one at the end. */
  readonly everyMs: number | undefined;
  /** Guarded helpers that the program may call. */
  readonly allow?: readonly string[];
  /** The place of the instance in the configuration, for mistakes that have no better one. */
  readonly location?: SourceLocation;
  readonly log: Log;
  readonly poller: Poller;
}

interface OpenTable extends TableStream {
  isDue: boolean;
  lastNs: bigint;
  /** Entries read so far: what a row of a table stands for. */
  covered: bigint;
}

/** A program compiled at run time, as a plugin's probe: its event tables and its other tables are streams. */
export class ProgramProbe implements Probe {
  private readonly options: ProgramProbeOptions;
  private program: LoadedProgram | undefined;
  private events: ReadonlyMap<string, EventSource> = new Map();
  private tables: ReadonlyMap<string, OpenTable> = new Map();
  private known: readonly Schema[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly drained = new Map<string, bigint>();
  private readonly seenLost = new Map<string, bigint>();
  private seenMapFull = 0n;
  private readonly last = new Map<string, { readonly losses: LossCounts; readonly held: bigint }>();
  private lastSkippedRuns = 0n;

  constructor(options: ProgramProbeOptions) {
    this.options = options;
  }

  /** Known once it is open: they are those of the compiled program. */
  get schemas(): readonly Schema[] {
    return this.known;
  }

  /** Before it is attached, the functions of the program alone. */
  get attached(): readonly { readonly name: string; readonly section: string }[] {
    const list = this.program?.attachments.list ?? [];
    if (list.length === 0) return (this.program?.functions ?? []).map((name) => ({ name, section: '' }));
    return list.map(({ fn, kind, target }) => ({ name: fn, section: `${kind}/${target}` }));
  }

  /** Compile. @throws SkepErrors SKEP_COMPILE and what else `LoadedProgram.open` throws, with places in the configuration. */
  async open(): Promise<void> {
    const { owner, program: text, cflags, attach, allow, log, perfPages, poller } = this.options;
    try {
      const usdt = usdtRequests(attach);
      const program = await LoadedProgram.open(text, { owner, cflags, usdt, log, perfPages });
      this.program = program;
      refuseGuarded(`the program of ${owner.source}`, program.guardedHelpers, allow);
      checkFunctions(attach, program.functions);
      this.events = program.events;
      this.tables = this.openTables(program);
    } catch (error) {
      throw this.placed(error, this.options.location);
    }
    this.known = [...this.events.values(), ...this.tables.values()].map(({ schema }) => schema);
    for (const { fds } of this.events.values()) for (const fd of fds) poller.add(fd);
  }

  private openTables(program: LoadedProgram): Map<string, OpenTable> {
    const { owner, tables: wanted, clear, linear, unit, program: text } = this.options;
    const histograms = histogramNames(text.text);
    const all = program.tables.map(({ described }) => described.name);
    for (const name of [...(wanted ?? []), ...clear, ...linear]) {
      if (!all.includes(name))
        throw new SkepError('SKEP_OPTION', `the program has no table "${name}"`, suggest(name, all));
    }
    const open = new Map<string, OpenTable>();
    for (const table of program.tables) {
      const { name } = table.described;
      if (!(wanted?.includes(name) ?? true)) continue;
      const kind = linear.includes(name) ? 'linear' : histograms.has(name) ? 'log2' : undefined;
      const stream = tableStream(table, { owner, histogram: kind, unit, clear: clear.includes(name) });
      open.set(name, { ...stream, isDue: false, lastNs: nowNs(), covered: 0n });
    }
    return open;
  }

  async attach(): Promise<void> {
    const { attach, everyMs, poller, location } = this.options;
    const program = this.program!;
    try {
      program.autoAttach();
    } catch (error) {
      throw this.placed(error, location);
    }
    for (const entry of attach) {
      try {
        attachEntry(program.attachments, entry);
      } catch (error) {
        throw this.placed(error, entry.location);
      }
    }
    if (program.attachments.list.length === 0) {
      const remedy = 'name a function kprobe__NAME, use TRACEPOINT_PROBE, or give "attach"';
      throw this.placed(
        new SkepError('SKEP_CONFIG', `${this.options.owner.source} attaches nothing`, remedy),
        location,
      );
    }
    if (everyMs === undefined || this.tables.size === 0) return;
    this.timer = setInterval(() => {
      this.makeDue();
      poller.wake();
    }, everyMs);
  }

  private makeDue(): void {
    for (const table of this.tables.values()) table.isDue = true;
  }

  private placed(error: unknown, location: SourceLocation | undefined): unknown {
    if (!isSkepError(error) || error.location || 'errors' in error || !location) return error;
    const { code, message, remedy, details } = error;
    return new SkepError(code, message, remedy, {
      cause: error,
      location,
      ...(details === undefined ? {} : { details }),
    });
  }

  drain(into: BatchBuilder): number {
    const { stream } = into.schema;
    const source = this.program && this.events.get(stream);
    if (source) {
      const rows = source.drain(into);
      if (rows > 0) {
        this.drained.set(stream, (this.drained.get(stream) ?? 0n) + BigInt(rows));
        into.lost += this.newlyLost(stream, source);
      }
      return rows;
    }
    const table = this.program && this.tables.get(stream);
    if (!table?.isDue) return 0;
    table.isDue = false;
    const now = nowNs();
    const { mapFull } = this.program!;
    const { rows, entries } = table.read(into, now - table.lastNs, mapFull === this.seenMapFull);
    table.lastNs = now;
    table.covered += BigInt(entries);
    if (stream === [...this.tables.keys()].at(-1)) this.seenMapFull = mapFull;
    return rows;
  }

  private newlyLost(stream: string, source: EventSource): number {
    const lost = this.ringFull(stream, source);
    const fresh = lost - (this.seenLost.get(stream) ?? 0n);
    this.seenLost.set(stream, lost);
    return Number(fresh);
  }

  /**
   * Perf buffers are counted one by one by the kernel. What ring buffers and tables refused is counted for the whole
   * program: it is told with the first of them.
   */
  private ringFull(stream: string, source: EventSource): bigint {
    const rings = [...this.events].filter(([, one]) => one.isRing).map(([name]) => name);
    return source.isRing && stream !== rings[0] ? 0n : source.lost;
  }

  losses(stream: string): LossCounts {
    if (!this.program) return this.last.get(stream)?.losses ?? NO_LOSSES;
    const source = this.events.get(stream);
    if (source) {
      const ringFull = this.ringFull(stream, source);
      return { ...NO_LOSSES, ringFull, attempted: (this.drained.get(stream) ?? 0n) + source.held() + ringFull };
    }
    const mapFull = stream === [...this.tables.keys()][0] ? this.program.mapFull : 0n;
    return { ...NO_LOSSES, mapFull, attempted: this.covered(stream) + mapFull };
  }

  skippedRuns(): bigint {
    return this.program?.programs.skippedRuns ?? this.lastSkippedRuns;
  }

  covered(stream: string): bigint {
    return this.tables.get(stream)?.covered ?? 0n;
  }

  held(stream: string): bigint {
    if (!this.program) return this.last.get(stream)?.held ?? 0n;
    return this.events.get(stream)?.held() ?? 0n;
  }

  /** Detach, wait until nothing runs any more, and read the tables once more. */
  async finish(): Promise<void> {
    clearInterval(this.timer);
    await this.program?.attachments.close();
    await rcuGracePeriod();
    this.makeDue();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const { program } = this;
    if (!program) return;
    for (const { stream } of this.known) {
      this.last.set(stream, { losses: this.losses(stream), held: this.held(stream) });
    }
    this.lastSkippedRuns = this.skippedRuns();
    this.program = undefined;
    for (const { fds } of this.events.values()) for (const fd of fds) this.options.poller.remove(fd);
    await program.close();
  }
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
