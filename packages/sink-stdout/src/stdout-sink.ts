import {
  type Batch,
  ByteBuffer,
  type Schema,
  type Sink,
  SkepError,
  type TextFormat,
  type WriterOptions,
} from '@skep/core';
import { isBrokenPipe } from './broken-pipe.js';
import { type Composer, SequentialComposer } from './composer.js';
import { InterleavedTables } from './interleaved-tables.js';
import type { Output } from './output.js';
import { streamOptions } from './stream-writers.js';

/** Options of the sink, all with a default. */
export interface StdoutOptions extends Pick<WriterOptions, 'fields' | 'headers' | 'loadavg' | 'meanings'> {
  /** Default: `table`. */
  readonly format?: TextFormat;
  /** `auto`: on a terminal, unless NO_COLOR is set or TERM is `dumb`. Default: `auto`. */
  readonly color?: 'auto' | 'always' | 'never';
  /** Where NO_COLOR and TERM are looked up. Default: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Prints batches as text, one write of the output per batch; `write` settles with it.
 *
 * One stream is printed as its tool prints it. Several streams share the output: tables get the name of the source in
 * front of each line, the other formats the columns `source` and `stream`, and CSV a new header line whenever the
 * stream changes.
 *
 * `write` rejects with SKEP_SINK, the system's error as its `cause`, when the output is gone; see `isBrokenPipe`.
 * `open` rejects with SKEP_OPTION for a field that no stream has.
 */
export function createStdoutSink(output: Output, options: StdoutOptions = {}): Sink {
  return new StdoutSink(output, options);
}

class StdoutSink implements Sink {
  private readonly output: Output;
  private readonly options: StdoutOptions;
  private readonly text = new ByteBuffer();
  private schemas: readonly Schema[] = [];
  private composer: Composer | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(output: Output, options: StdoutOptions) {
    this.output = output;
    this.options = options;
  }

  async open(schemas: readonly Schema[]): Promise<void> {
    const same = schemas.length === this.schemas.length && schemas.every((schema) => this.schemas.includes(schema));
    if (same && this.composer) return;
    this.composer = this.compose(schemas);
    this.schemas = schemas;
  }

  start(): Promise<void> {
    return this.print((composer, text) => composer.start(text));
  }

  write(batch: Batch): Promise<void> {
    this.composer ??= this.compose([batch.schema]);
    return this.print((composer, text) => composer.append(batch, text));
  }

  /** Writes wait for one another: they share one buffer. */
  private print(append: (composer: Composer, text: ByteBuffer) => void): Promise<void> {
    const done = this.last.then(() => this.printNow(append));
    this.last = done.catch(() => undefined);
    return done;
  }

  async flush(): Promise<void> {
    await this.last;
  }

  async close(): Promise<void> {
    await this.last;
  }

  private compose(schemas: readonly Schema[]): Composer {
    const { format = 'table', fields, headers = true, loadavg, meanings } = this.options;
    const several = schemas.length > 1;
    const options = streamOptions(schemas, {
      headers,
      color: this.hasColor(),
      terminal: this.output.isTTY,
      tag: several,
      ...(fields && fields.length > 0 ? { fields } : {}),
      ...(loadavg ? { loadavg } : {}),
      ...(meanings ? { meanings } : {}),
    });
    if (format === 'table' && several && !isOneTool(schemas)) return new InterleavedTables(schemas, options);
    return new SequentialComposer(format, schemas, options);
  }

  private hasColor(): boolean {
    const { color = 'auto', environment = process.env } = this.options;
    if (color !== 'auto') return color === 'always';
    const { NO_COLOR, TERM } = environment;
    return this.output.isTTY && !NO_COLOR && TERM !== 'dumb';
  }

  private async printNow(append: (composer: Composer, text: ByteBuffer) => void): Promise<void> {
    if (!this.composer) return;
    this.text.clear();
    append(this.composer, this.text);
    if (this.text.length === 0) return;
    try {
      await this.output.write(this.text.view());
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const remedy = isBrokenPipe(cause) ? 'whoever read it has closed the pipe' : '';
      throw new SkepError('SKEP_SINK', `cannot write to standard output: ${reason}`, remedy, { cause });
    }
  }
}

/** Snapshots of one tool, which belong below one another (biolatency -e): they come together. */
function isOneTool(schemas: readonly Schema[]): boolean {
  return schemas.every(({ source, shape }) => source === schemas[0]!.source && shape !== 'events');
}
