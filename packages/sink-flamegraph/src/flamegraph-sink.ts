import { rename, rm, writeFile } from 'node:fs/promises';
import {
  type Batch,
  framesList,
  type Log,
  type Schema,
  type Sink,
  SkepError,
  type StacksLayout,
  valueAt,
} from '@skep/core';
import { flameHtml } from './flame-html.js';
import { flameSvg } from './flame-svg.js';
import { FrameTree } from './frame-tree.js';

export interface FlamegraphSettings {
  /** `sink flame`, for messages. */
  readonly sink: string;
  /** Absolute. */
  readonly path: string;
  readonly title: string | undefined;
  readonly mode: number;
  readonly log: Log;
}

const utf8 = new TextDecoder();

/**
 * The streams of stacks among `schemas`, and what all of them count.
 *
 * @throws SkepError SKEP_OPTION when there are none, or their units differ.
 */
export function stacksOf(schemas: readonly Schema[], sink: string): { stacks: readonly Schema[]; unit: string } {
  const stacks = schemas.filter(({ layout }) => layout.stacks);
  const units = [...new Set(stacks.map(({ layout }) => layout.stacks!.unit))];
  if (units.length > 1) {
    const message = `${sink} gets stacks of different units, ${units.join(' and ')}`;
    throw new SkepError('SKEP_OPTION', message, 'use a sink for each');
  }
  const [unit] = units;
  if (unit === undefined) {
    throw new SkepError('SKEP_OPTION', `${sink} gets no stacks`, 'give it a tool that has them: profile');
  }
  return { stacks, unit };
}

/**
 * Adds up the stacks of all snapshots, or has those of the last where each says all there is, and writes the picture of
 * them: whenever it is flushed, whole and in place of the last one, so that the file can be looked at while the agent
 * runs.
 */
export class FlamegraphSink implements Sink {
  private readonly settings: FlamegraphSettings;
  private readonly tree = new FrameTree();
  /** What the last snapshot of a stream added, where the next one is to stand in its place. */
  private readonly last = new Map<Schema, [frames: readonly string[], weight: bigint][]>();
  private schemas: readonly Schema[] = [];
  private unit = 'samples';
  private firstNs: bigint | undefined;
  private lastNs = 0n;
  private isComplete = true;
  private hasNews = false;

  constructor(settings: FlamegraphSettings) {
    this.settings = settings;
  }

  /**
   * @throws SkepError SKEP_OPTION when there are no stacks or of different units, SKEP_SINK when there could be no picture:
   *   not only after hours.
   */
  async open(schemas: readonly Schema[]): Promise<void> {
    const { stacks, unit } = stacksOf(schemas, this.settings.sink);
    await this.putBeside('', (fresh) => rm(fresh));
    this.unit = unit;
    this.schemas = stacks;
    // A run without a stack has a picture, too.
    this.hasNews = true;
  }

  async write(batch: Batch): Promise<void> {
    const layout = batch.schema.layout.stacks;
    if (!layout) return;
    this.add(batch, layout);
    if (!batch.snapshot) return;
    this.firstNs ??= batch.snapshot.timeNs - batch.snapshot.intervalNs;
    this.lastNs = batch.snapshot.timeNs;
    this.isComplete &&= batch.snapshot.complete;
  }

  private add(batch: Batch, layout: StacksLayout): void {
    const { fields } = batch.schema;
    const columnOf = (name: string) => batch.columns[fields.findIndex((field) => field.name === name)]!;
    const [frames, count] = [columnOf(layout.frames), columnOf(layout.count)];
    const name = layout.name === undefined ? undefined : columnOf(layout.name);
    const added: [readonly string[], bigint][] = [];
    for (let row = 0; row < batch.rows; row++) {
      const stack = framesList(valueAt(frames, row) as Uint8Array).map((frame) => utf8.decode(frame));
      const task = name ? [utf8.decode(valueAt(name, row) as Uint8Array)] : [];
      added.push([[...task, ...stack], valueAt(count, row) as bigint]);
    }
    const before = this.last.get(batch.schema) ?? [];
    for (const [path, weight] of before) this.tree.take(path, weight);
    for (const [path, weight] of added) this.tree.add(path, weight);
    if (layout.isLevel) this.last.set(batch.schema, added);
    this.hasNews ||= added.length + before.length > 0;
  }

  async flush(): Promise<void> {
    if (!this.hasNews) return;
    const { path } = this.settings;
    const whole = path.endsWith('.html') ? flameHtml : flameSvg;
    const text = whole(this.tree.root, { title: this.title(), unit: this.unit, note: this.note() });
    await this.putBeside(text, (fresh) => rename(fresh, path));
    this.hasNews = false;
  }

  /** Write a new file beside the picture; nothing of it stays when it or what is done with it fails. */
  private async putBeside(text: string, then: (fresh: string) => Promise<void>): Promise<void> {
    const { path, mode, sink } = this.settings;
    const fresh = `${path}.${process.pid}.new`;
    try {
      await writeFile(fresh, text, { mode, flag: 'wx' });
      await then(fresh);
    } catch (cause) {
      await rm(fresh, { force: true }).catch(() => undefined);
      const reason = cause instanceof Error ? cause.message : String(cause);
      const remedy = 'choose a folder that is there, and that the user skep runs as can write to';
      throw new SkepError('SKEP_SINK', `${sink} cannot write ${path}: ${reason}`, remedy, { cause });
    }
  }

  async close(): Promise<void> {
    await this.flush();
  }

  private title(): string {
    return this.settings.title ?? this.schemas.map(({ source }) => source).join(', ');
  }

  private note(): string {
    const total = `${this.tree.root.total} ${this.unit}`;
    const missing = this.isComplete ? '' : ' (incomplete: the kernel map was full, some stacks are missing)';
    if (this.firstNs === undefined) return `${total}${missing}`;
    const at = (ns: bigint) => `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}Z`;
    return `${total}, ${at(this.firstNs)} to ${at(this.lastNs)}${missing}`;
  }
}
