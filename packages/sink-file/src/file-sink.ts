import {
  type Batch,
  type BatchWriter,
  ByteBuffer,
  createWriter,
  type Schema,
  type Sink,
  type SinkContext,
  SkepError,
} from '@skep/core';
import { requireCompression } from './compress-file.js';
import { type FileCounts, noCounts } from './counts.js';
import { Finisher } from './finisher.js';
import { Output } from './output.js';
import { pathsOf } from './paths.js';
import type { FileSettings } from './settings.js';
import { Turns } from './turns.js';

interface Target {
  readonly path: string;
  readonly writer: BatchWriter;
  readonly output: Output;
}

/**
 * Appends batches to files as lines.
 *
 * A batch is in its file when `write` settles, and on the disk as `fsync` says. A write that fails leaves no line of its
 * batch in the file being written; lines that a rotation in the middle of the batch has set aside stay where they are.
 */
export class FileSink implements Sink {
  readonly counts: FileCounts = noCounts();
  private readonly settings: FileSettings;
  private readonly context: Pick<SinkContext, 'log'>;
  private readonly now: () => number;
  private readonly finisher: Finisher;
  private readonly buffer = new ByteBuffer();
  private readonly turns = new Turns();
  private targets: ReadonlyMap<Schema, Target> = new Map();
  private timer: NodeJS.Timeout | undefined;

  constructor(settings: FileSettings, context: Pick<SinkContext, 'log'>, now: () => number = Date.now) {
    this.settings = settings;
    this.context = context;
    this.now = now;
    this.finisher = new Finisher(settings, context.log, this.counts);
  }

  /**
   * @throws SkepError SKEP_SINK when a file cannot be opened or the way of compression is missing, SKEP_OPTION when streams
   * would share a CSV file.
   */
  open(schemas: readonly Schema[]): Promise<void> {
    return this.turns.take(async () => {
      const { settings } = this;
      if (settings.compress) await requireCompression(settings.sink, settings.compress);
      await this.replaceTargets(schemas);
      if (settings.fsync !== 'interval') return;
      this.timer ??= setInterval(() => void this.syncInBackground(), settings.fsyncIntervalMs).unref();
    });
  }

  write(batch: Batch): Promise<void> {
    return this.turns.take(async () => {
      const target = this.targets.get(batch.schema);
      if (!target) {
        const { source, stream } = batch.schema;
        throw new SkepError('SKEP_INTERNAL', `${this.settings.sink} was not opened for stream ${source}.${stream}`);
      }
      if (batch.rows === 0) return;
      this.buffer.clear();
      target.writer.write(batch, this.buffer);
      await target.output.append(this.buffer.view());
    });
  }

  flush(): Promise<void> {
    return this.turns.take(async () => {
      for (const output of this.outputs()) await output.flush();
    });
  }

  /** Settles when every file is closed and the finished ones are compressed. */
  close(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    return this.turns.take(async () => {
      const outputs = this.outputs();
      this.targets = new Map();
      try {
        await closeAll(outputs);
      } finally {
        await this.finisher.idle();
      }
    });
  }

  /** Files that stay wanted stay open; new ones are opened before any old one is closed, so that a failure changes nothing. */
  private async replaceTargets(schemas: readonly Schema[]): Promise<void> {
    const before = new Map([...this.targets.values()].map((target) => [target.path, target.output]));
    const outputs = new Map<string, Output>();
    const targets = new Map<Schema, Target>();
    const opened: Output[] = [];
    try {
      for (const [schema, path] of pathsOf(this.settings, schemas)) {
        const known = this.targets.get(schema);
        const writer = known?.writer ?? this.writerOf(schema);
        let output = outputs.get(path);
        output ??= known || this.settings.format === 'json' ? before.get(path) : undefined;
        if (!output) {
          output = this.outputOf(path, writer);
          await output.open();
          opened.push(output);
        }
        outputs.set(path, output);
        targets.set(schema, { path, writer, output });
      }
    } catch (error) {
      await closeAll(opened).catch(() => undefined);
      throw error;
    }
    const wanted = new Set(outputs.values());
    this.targets = targets;
    await closeAll([...before.values()].filter((output) => !wanted.has(output)));
  }

  private writerOf(schema: Schema): BatchWriter {
    const { format, tag } = this.settings;
    return createWriter(format, schema, { tag: format === 'json' && tag });
  }

  private outputOf(path: string, writer: BatchWriter): Output {
    const header = new ByteBuffer(1024);
    writer.begin(header);
    const { log } = this.context;
    const { counts, finisher, now } = this;
    return new Output(path, header.view().slice(), this.settings, { log, counts, finisher, now });
  }

  private syncInBackground(): Promise<void> {
    return this.flush().catch((error: unknown) => {
      this.counts.syncsFailed++;
      this.context.log.error(error instanceof Error ? error.message : String(error));
    });
  }

  private outputs(): Output[] {
    return [...new Set([...this.targets.values()].map((target) => target.output))];
  }
}

/** Close all of them, whatever happens to one; the first failure is thrown. */
async function closeAll(outputs: readonly Output[]): Promise<void> {
  const results = await Promise.allSettled(outputs.map((output) => output.close()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
