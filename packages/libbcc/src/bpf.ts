import { readFile } from 'node:fs/promises';
import {
  type Batch,
  BatchBuilder,
  type FrameStyle,
  type Log,
  type Row,
  rowsOf,
  SkepError,
  suggest,
  valueAt,
} from '@skep/core';
import { Poller, type ProgramType } from '@skep/libbpf';
import { SystemSymbolizer } from '@skep/symbols';
import type { Attachment, KprobeSpec, PerfEventSpec, TracepointSpec, UprobeSpec } from './attachments.js';
import type { ProgramText } from './diagnostics.js';
import type { EventSource } from './event-source.js';
import { syscallFunction } from './kernel-functions.js';
import type { Value } from './layout/values.js';
import { LoadedProgram } from './loaded-program.js';
import { Table } from './table.js';
import { type TraceFields, traceFields, traceLines } from './trace-pipe.js';
import type { USDT } from './usdt.js';

export interface BpfOptions {
  /** The C text; or `file`. */
  readonly text?: string;
  /** A file that holds it. */
  readonly file?: string;
  /** For the compiler, such as `-DMIN_US=100`. */
  readonly cflags?: readonly string[];
  readonly usdt?: readonly USDT[];
  /** Pages of each perf buffer per CPU, a power of two. Default 64. */
  readonly perfPages?: number;
  /** Default: warnings only, as warnings of the process. */
  readonly log?: Log;
}

/** An event as an object: numbers, integers of 64 bits as bigint, `char` arrays as text, other arrays of bytes as they are. */
export type EventRow = Readonly<Record<string, Row[string] | Uint8Array>>;

export interface ReadOptions {
  /** Ends the iteration: what is left is yielded, then it is done. */
  readonly signal?: AbortSignal;
}

const LATENCY_MS = 50;

const QUIET: Log = {
  debug() {},
  info() {},
  warn: (message) => process.emitWarning(message, 'SkepWarning'),
  error: (message) => process.emitWarning(message, 'SkepWarning'),
};

/**
 * A program compiled when it runs, in BCC's dialect of C.
 *
 *     await using b = await BPF.create({ text });
 *     b.attachKprobe({ event: b.syscallName('clone'), fn: 'hello' });
 *     for await (const { comm, pid } of b.open('events')) console.log(comm, pid);
 *
 * Functions that say by their name where they belong (`kprobe__*`, TRACEPOINT_PROBE ...) are attached by `load`. It needs
 * root, libbcc and kernel headers.
 */
export class BPF implements AsyncDisposable {
  private readonly options: BpfOptions;
  private readonly tables = new Map<string, Table<never, never>>();
  private readonly reading = new Set<string>();
  private readonly poller = new Poller();
  private loading: Promise<void> | undefined;
  private program: LoadedProgram | undefined;
  private symbolizer: SystemSymbolizer | undefined;
  private closed = false;

  /** Nothing is compiled yet: call `load()`, or use `BPF.create`. */
  constructor(options: BpfOptions) {
    if ((options.text === undefined) === (options.file === undefined)) {
      throw new SkepError('SKEP_USAGE', 'a program needs "text" or "file", and not both');
    }
    this.options = options;
  }

  /** `new BPF(options)`, loaded. */
  static async create(options: BpfOptions): Promise<BPF> {
    return new BPF(options).load();
  }

  /**
   * Compile, and attach what says by its name where. Further calls give the same.
   *
   * @throws SkepError SKEP_COMPILE with the place in the text, SKEP_VERIFIER, SKEP_ATTACH, SKEP_PERMISSION, SKEP_LIBRARY.
   */
  async load(): Promise<this> {
    this.loading ??= this.openProgram();
    await this.loading;
    return this;
  }

  private async openProgram(): Promise<void> {
    const { cflags = [], usdt = [], perfPages, log = QUIET } = this.options;
    const requests = usdt.map(({ request }) => request);
    const owner = { plugin: 'bcc', source: 'bcc' };
    try {
      const options = { owner, cflags, usdt: requests, log, perfPages };
      this.program = await LoadedProgram.open(await this.text(), options);
      this.program.autoAttach();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  private async text(): Promise<ProgramText> {
    const { text, file } = this.options;
    if (file === undefined) return { text: text! };
    try {
      return { text: await readFile(file, 'utf8'), file };
    } catch (cause) {
      throw new SkepError('SKEP_USAGE', `the program ${file} cannot be read: ${(cause as Error).message}`, '', {
        cause,
      });
    }
  }

  attachKprobe(spec: KprobeSpec): void {
    this.loaded.attachments.kprobe(spec, false);
  }

  attachKretprobe(spec: Omit<KprobeSpec, 'offset'>): void {
    this.loaded.attachments.kprobe(spec, true);
  }

  attachUprobe(spec: UprobeSpec): void {
    this.loaded.attachments.uprobe(spec, false);
  }

  attachUretprobe(spec: UprobeSpec): void {
    this.loaded.attachments.uprobe(spec, true);
  }

  attachTracepoint(spec: TracepointSpec): void {
    this.loaded.attachments.tracepoint(spec);
  }

  attachRawTracepoint(spec: TracepointSpec): void {
    this.loaded.attachments.rawTracepoint(spec);
  }

  attachPerfEvent(spec: PerfEventSpec): void {
    this.loaded.attachments.perfEvent(spec);
  }

  /** Detach what was attached to `target` (as it was named) as this kind. */
  detach(kind: Attachment['kind'], target: string): Promise<void> {
    return this.loaded.attachments.detach(kind, target);
  }

  /** What is attached now. */
  get attachments(): readonly Attachment[] {
    return this.loaded.attachments.list;
  }

  /** Name of a system call's function in this kernel: `clone` is `__x64_sys_clone` on x86-64. */
  syscallName(name: string): string {
    return syscallFunction(name);
  }

  /** Load a function without attaching it, such as for a BPF_PROG_ARRAY; the descriptor goes with `close()`. */
  loadFunction(fn: string, type: ProgramType): number {
    return this.loaded.programs.load(fn, type);
  }

  /**
   * A table of the program, with the types of its keys and values as the caller knows them.
   *
   * @throws SkepError SKEP_USAGE when there is none of that name.
   */
  table<K = Value, V = Value>(name: string): Table<K, V> {
    let table = this.tables.get(name) as Table<K, V> | undefined;
    if (!table) {
      table = new Table<K, V>(this.loaded.compiledTable(name));
      this.tables.set(name, table as unknown as Table<never, never>);
    }
    return table;
  }

  /**
   * Names for the addresses of a kernel stack, innermost first. An address has one name or more: those of functions that
   * were inlined there come before it, and what has no name is `[unknown]`.
   */
  kernelFrames(stack: readonly bigint[], style: FrameStyle = 'names'): string[] {
    return this.symbols.kernel(BigUint64Array.from(stack), style);
  }

  /**
   * The same for a stack of process `pid`, by the files it runs. Ask while it lives, or have asked before: of a process that
   * has ended only what was read is known.
   */
  userFrames(stack: readonly bigint[], pid: number, style: FrameStyle = 'names'): string[] {
    return this.symbols.user(pid, BigUint64Array.from(stack), style);
  }

  private get symbols(): SystemSymbolizer {
    this.symbolizer ??= new SystemSymbolizer(this.options.log ?? QUIET);
    return this.symbolizer;
  }

  /** Events of a BPF_PERF_OUTPUT or BPF_RINGBUF_OUTPUT that found no room so far. */
  lost(name: string): bigint {
    return this.source(name).lost;
  }

  /**
   * The events of a BPF_PERF_OUTPUT or BPF_RINGBUF_OUTPUT as rows, as they come, from those since it was attached. Leaving
   * the loop leaves the program attached.
   *
   * @throws SkepError SKEP_USAGE when there is no such table, or it is being read already.
   */
  async *open<R = EventRow>(name: string, options: ReadOptions = {}): AsyncGenerator<R, void, void> {
    for await (const batch of this.openBatches(name, options)) yield* rowsWithBytes(batch) as R[];
  }

  /** The same, column by column; the memory of a batch is valid until the next is asked for. */
  async *openBatches(name: string, { signal }: ReadOptions = {}): AsyncGenerator<Batch, void, void> {
    const source = this.source(name);
    if (this.reading.has(name)) throw new SkepError('SKEP_USAGE', `table "${name}" is being read already`);
    this.reading.add(name);
    for (const fd of source.fds) this.poller.add(fd);
    const wake = () => this.poller.wake();
    signal?.addEventListener('abort', wake);
    const builder = new BatchBuilder(source.schema);
    let seenLost = source.lost;
    try {
      for (let last = false; ; ) {
        if (this.closed) return;
        if (source.drain(builder) > 0) {
          builder.lost = Number(source.lost - seenLost);
          seenLost += BigInt(builder.lost);
          yield builder.batch();
          builder.reset();
        } else if (last) return;
        else await this.poller.wait(LATENCY_MS);
        last = signal?.aborted ?? false;
      }
    } finally {
      signal?.removeEventListener('abort', wake);
      this.reading.delete(name);
      if (!this.closed) for (const fd of source.fds) this.poller.remove(fd);
    }
  }

  private source(name: string): EventSource {
    const found = this.loaded.events.get(name);
    if (found) return found;
    const names = [...this.loaded.events.keys()];
    if (this.loaded.hasTable(name)) {
      const remedy = 'submit a struct that the text declares, by perf_submit() or ringbuf_output()';
      throw new SkepError('SKEP_USAGE', `table "${name}" has no events whose members are known`, remedy);
    }
    throw new SkepError('SKEP_USAGE', `the program has no table of events "${name}"`, suggest(name, names));
  }

  /** What programs print by bpf_trace_printk(), line by line. See `traceLines`. */
  traceLines({ signal }: ReadOptions = {}): AsyncGenerator<string, void, void> {
    return traceLines(signal);
  }

  /** The same, in parts. */
  traceFields({ signal }: ReadOptions = {}): AsyncGenerator<TraceFields, void, void> {
    return traceFields(signal);
  }

  private get loaded(): LoadedProgram {
    if (this.program) return this.program;
    const [message, remedy] = this.closed
      ? ['the program is closed', '']
      : ['the program is not loaded', 'await load()'];
    throw new SkepError('SKEP_USAGE', message, remedy);
  }

  /** Detach and free everything; loops over events end. May be called more than once. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.poller.close();
    const { program } = this;
    this.program = undefined;
    await program?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Rows where arrays of bytes that are no text are bytes, as in tables. */
function rowsWithBytes(batch: Batch): EventRow[] {
  const { fields } = batch.schema;
  const bytes = fields.flatMap(({ meaning }, column) => (meaning === 'skep_bytes_t' ? [column] : []));
  const rows = rowsOf(batch);
  if (bytes.length === 0) return rows;
  return rows.map((row, r) => ({
    ...row,
    ...Object.fromEntries(bytes.map((c) => [fields[c]!.name, (valueAt(batch.columns[c]!, r) as Uint8Array).slice()])),
  }));
}
