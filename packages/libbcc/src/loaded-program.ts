import { type Log, SkepError, suggest } from '@skep/core';
import { guardedCalls, type StreamOwner } from '@skep/libbpf';
import { Attachments } from './attachments.js';
import { autoAttach } from './auto-attach.js';
import { type CompiledMap, type CompiledProgram, type CompileOptions, compileProgram } from './compile.js';
import { LOST_MAP_FULL, LOST_RING_FULL, LOST_TABLE, OWN_TABLES } from './compiler/protocol.js';
import type { ProgramText } from './diagnostics.js';
import { EventSource, isEventTable } from './event-source.js';
import { hasRows } from './map-types.js';
import { Programs } from './programs.js';
import { Table } from './table.js';

export interface LoadedProgramOptions extends CompileOptions {
  readonly owner: StreamOwner;
  readonly log: Log;
  /** Pages of each perf buffer per CPU, a power of two. */
  readonly perfPages?: number | undefined;
  /** Perf buffers wake user space for each event: what is read of a process must be read before it ends. */
  readonly isPrompt?: boolean | undefined;
}

/**
 * A compiled program at work: its tables, its events, what it is attached to. Everything it has in the kernel goes with
 * `close()`, or with the process.
 */
export class LoadedProgram {
  readonly attachments: Attachments;
  readonly programs: Programs;
  /** Of every table that events are submitted to. */
  readonly events: ReadonlyMap<string, EventSource>;
  private readonly compiled: CompiledProgram;
  private readonly lost: Table<number, bigint>;

  private constructor(text: ProgramText, compiled: CompiledProgram, options: LoadedProgramOptions) {
    const { owner, perfPages: pages, isPrompt } = options;
    this.compiled = compiled;
    this.programs = new Programs(text, compiled, options);
    this.attachments = new Attachments(this.programs);
    this.lost = new Table(compiled.tables.find(({ described }) => described.name === LOST_TABLE)!);
    const { structs } = compiled;
    const ringFull = () => this.count(LOST_RING_FULL);
    const events = new Map<string, EventSource>();
    try {
      for (const table of compiled.tables.filter(isEventTable)) {
        events.set(table.described.name, new EventSource(table, { owner, structs, pages, isPrompt, ringFull }));
      }
    } catch (error) {
      for (const source of events.values()) source.close();
      throw error;
    }
    this.events = events;
  }

  /**
   * Compile, and make ready to read: nothing is attached.
   *
   * @throws SkepError as `compileProgram`; SKEP_SCHEMA when the structs of events cannot be read.
   */
  static async open(text: ProgramText, options: LoadedProgramOptions): Promise<LoadedProgram> {
    const compiled = await compileProgram(text, options);
    try {
      return new LoadedProgram(text, compiled, options);
    } catch (error) {
      for (const { map } of compiled.tables) map.close();
      throw error;
    }
  }

  /** Guarded helpers that its functions call. */
  get guardedHelpers(): readonly string[] {
    return [...new Set([...this.compiled.functions.values()].flatMap(guardedCalls))];
  }

  get functions(): readonly string[] {
    return [...this.compiled.functions.keys()];
  }

  /** Tables with keys and values that can be rows. */
  get tables(): readonly CompiledMap[] {
    return this.own.filter(({ described }) => hasRows(described.type));
  }

  private get own(): readonly CompiledMap[] {
    return this.compiled.tables.filter(({ described }) => !described.name.startsWith(OWN_TABLES));
  }

  hasTable(name: string): boolean {
    return this.own.some(({ described }) => described.name === name);
  }

  /** @throws SkepError SKEP_USAGE when the text has no such table. */
  compiledTable(name: string): CompiledMap {
    const found = this.own.find(({ described }) => described.name === name);
    if (found) return found;
    const names = this.own.map(({ described }) => described.name);
    throw new SkepError('SKEP_USAGE', `the program has no table "${name}"`, suggest(name, names));
  }

  /** Updates that found a table full. */
  get mapFull(): bigint {
    return this.count(LOST_MAP_FULL);
  }

  private count(key: number): bigint {
    return this.lost.get(key) ?? 0n;
  }

  /** Attach what says by its name where, and the USDT probes that were asked for. */
  autoAttach(): void {
    for (const fn of this.functions) autoAttach(this.attachments, fn);
    for (const place of this.compiled.usdt) this.attachments.usdt(place);
  }

  /** Call it once: nothing of the program may be used any more. */
  async close(): Promise<void> {
    await this.attachments.close();
    for (const source of this.events.values()) source.close();
    this.programs.close();
    for (const { map } of this.compiled.tables) map.close();
  }
}
