import type { ProbeRequest } from '@skep/core';
import type { ProgramText } from '@skep/libbcc';
import {
  type AttachEntry,
  attachEntry,
  type EventSource,
  LoadedProgram,
  Table,
  usdtRequests,
  type Value,
} from '@skep/libbcc';
import type { KernelMap } from '@skep/libbpf';

export interface CompiledTracerOptions {
  readonly request: Pick<ProbeRequest, 'owner' | 'log'>;
  readonly program: ProgramText;
  readonly attach: readonly AttachEntry[];
  readonly cflags?: readonly string[];
  /** Pages of each perf buffer per CPU, a power of two. */
  readonly perfPages?: number;
  /** Events are read at once, while their processes live. */
  readonly isPrompt?: boolean;
}

/** A program made of specifiers at work: compiled, its tables and events to read, its functions attached. */
export class CompiledTracer {
  private readonly options: CompiledTracerOptions;
  private program: LoadedProgram | undefined;
  private lastSkippedRuns = 0n;
  private readonly tables = new Map<string, Table<Value, Value>>();

  constructor(options: CompiledTracerOptions) {
    this.options = options;
  }

  get attached(): readonly { readonly name: string; readonly section: string }[] {
    const list = this.program?.attachments.list ?? [];
    return list.map(({ fn, kind, target }) => ({ name: fn, section: `${kind}/${target}` }));
  }

  /** Compile; @throws SkepErrors as `LoadedProgram.open`, with places in the specifiers. */
  async open(): Promise<void> {
    const { request, program, attach, cflags = [], perfPages, isPrompt } = this.options;
    this.program = await LoadedProgram.open(program, {
      ...{ owner: request.owner, log: request.log, cflags, perfPages, isPrompt },
      usdt: usdtRequests(attach),
    });
  }

  /** @throws SkepErrors when something cannot be attached: the rest is let go with `close`. */
  async attach(): Promise<void> {
    const program = this.program!;
    program.autoAttach();
    for (const entry of this.options.attach) attachEntry(program.attachments, entry);
  }

  table(name: string): Table<Value, Value> {
    let table = this.tables.get(name);
    if (!table) {
      table = new Table<Value, Value>(this.program!.compiledTable(name));
      this.tables.set(name, table);
    }
    return table;
  }

  /** A table as the kernel has it, bytes in and out. */
  map(name: string): KernelMap {
    return this.program!.compiledTable(name).map;
  }

  get events(): ReadonlyMap<string, EventSource> {
    return this.program?.events ?? new Map();
  }

  /** Updates of tables, and records of rings, that found no room so far. */
  get refused(): bigint {
    return this.program?.mapFull ?? 0n;
  }

  /** Runs of its functions that the kernel skipped, also once it is closed. */
  get skippedRuns(): bigint {
    return this.program?.programs.skippedRuns ?? this.lastSkippedRuns;
  }

  async detach(): Promise<void> {
    await this.program?.attachments.close();
  }

  async close(): Promise<void> {
    const { program } = this;
    this.lastSkippedRuns = this.skippedRuns;
    this.program = undefined;
    await program?.close();
  }
}
