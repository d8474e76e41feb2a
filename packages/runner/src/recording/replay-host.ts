import { setTimeout as sleep } from 'node:timers/promises';
import { SkepError } from '@skep/core';
import type { ProbeHost } from '../agent/kernel-host.js';
import type { PluginInstance } from '../config/config.js';
import type { RecordedEntry } from './format.js';
import { planOf, type RecordedSource, type ReplayPlan } from './header.js';
import { recordingError } from './recording-error.js';
import type { RecordingFile } from './recording-file.js';
import { type EntrySource, ReplayProbe } from './replay-probe.js';

/** How long a probe whose turn has not come waits for the one whose turn it is. */
const TURN_MS = 1;

export interface ReplaySettings {
  /** 1: as it was recorded; 2: twice as fast; Infinity: as fast as it goes. */
  readonly speed: number;
  /** Rows go to a text table and nowhere else: frames have places in their functions. Default: names alone. */
  readonly isForTable?: boolean;
}

/**
 * Gives out a recording in the order it was made: one entry at a time, to the probe it belongs to. `onEnd` is called
 * when there is no more.
 */
export class ReplayHost implements ProbeHost, EntrySource {
  private readonly file: RecordingFile;
  private readonly speed: number;
  private readonly isForTable: boolean;
  private readonly onEnd: () => void;
  private readonly startMs = performance.now();
  private readonly aborted = new AbortController();
  private readonly asked = new Set<number>();
  private entries: RecordedEntry[] = [];
  private loading: Promise<void> | undefined;
  private hasEnded = false;
  private failure: unknown;

  constructor(file: RecordingFile, { speed, isForTable = false }: ReplaySettings, onEnd: () => void) {
    this.file = file;
    this.speed = speed;
    this.isForTable = isForTable;
    this.onEnd = onEnd;
  }

  probeOf({ name, plugin }: PluginInstance): ReplayProbe {
    return this.probeFor(name, (source) => plansOf(source, plugin.definition.streams));
  }

  /**
   * A probe of the source `name`; `plans` say how its streams are decoded, in their order.
   *
   * @throws SkepError SKEP_RECORDING when the recording has no such source.
   */
  probeFor(name: string, plans: (source: RecordedSource) => readonly ReplayPlan[]): ReplayProbe {
    const { sources } = this.file.header;
    const index = sources.findIndex((source) => source.name === name);
    const source = sources[index];
    if (!source) {
      const names = sources.map((one) => one.name).join(', ');
      throw new SkepError('SKEP_RECORDING', `${this.file.path} holds nothing of "${name}"`, `it holds ${names}`);
    }
    const first = sources.slice(0, index).reduce((sum, { streams }) => sum + streams.length, 0);
    for (const i of source.streams.keys()) this.asked.add(first + i);
    return new ReplayProbe(this, source, plans(source), first, this.isForTable ? 'table' : 'names');
  }

  take(stream: number): RecordedEntry | undefined {
    const [next] = this.entries;
    if (next?.stream !== stream || this.dueInMs(next) > 0) return undefined;
    return this.entries.shift();
  }

  /** @throws SkepError SKEP_RECORDING when the file is damaged. */
  async wait(): Promise<void> {
    // What nobody asked for has no probe that would take it.
    while (this.entries[0] && !this.asked.has(this.entries[0].stream)) this.entries.shift();
    const [next] = this.entries;
    if (next) await this.sleep(Math.max(this.dueInMs(next), TURN_MS));
    else if (this.hasEnded) await this.sleep(TURN_MS);
    else {
      await (this.loading ??= this.load());
      // Said once, however many wait.
      const { failure } = this;
      this.failure = undefined;
      if (failure !== undefined) throw failure;
    }
  }

  damaged(what: string): SkepError {
    return recordingError(this.file.path, `it holds ${what} that it could not have recorded`);
  }

  wake(): void {
    // Nothing waits here for longer than until its turn.
  }

  /** Leave at once, whatever is still to come. */
  stop(): void {
    this.aborted.abort();
    this.entries = [];
  }

  private dueInMs({ timeMs }: RecordedEntry): number {
    return this.speed === Number.POSITIVE_INFINITY ? 0 : timeMs / this.speed - (performance.now() - this.startMs);
  }

  private async sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.aborted.signal }).catch(() => undefined);
  }

  private async load(): Promise<void> {
    try {
      const entries = this.aborted.signal.aborted ? undefined : await this.file.next();
      if (entries) this.entries = entries;
      else this.end();
    } catch (error) {
      this.failure = error;
      this.end();
    } finally {
      this.loading = undefined;
    }
  }

  private end(): void {
    this.hasEnded = true;
    this.onEnd();
  }
}

/** The plans of a source; columns that are computed come from the plugin, when it is installed. */
function plansOf(source: RecordedSource, streams: PluginInstance['plugin']['definition']['streams']): ReplayPlan[] {
  return source.streams.map((recorded) => {
    const declared = streams[recorded.stream];
    return planOf(source, recorded, declared && 'computed' in declared ? (declared.computed ?? {}) : {});
  });
}
