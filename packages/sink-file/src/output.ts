import type { Log } from '@skep/core';
import type { FileCounts } from './counts.js';
import { FinishedFiles } from './finished-files.js';
import type { Finisher } from './finisher.js';
import { LineFile } from './line-file.js';
import { atDate } from './path-template.js';
import type { FileSettings } from './settings.js';

export interface OutputContext {
  readonly log: Log;
  readonly counts: FileCounts;
  readonly finisher: Finisher;
  readonly now: () => number;
}

/** One path of the configuration: the file being written, and those finished before it. */
export class Output {
  private readonly path: string;
  private readonly settings: FileSettings;
  private readonly header: Uint8Array;
  private readonly context: OutputContext;
  private readonly finished: FinishedFiles;
  private file: LineFile;

  /** `path` may hold `{date}`; `header` is the first line of each file, or empty. */
  constructor(path: string, header: Uint8Array, settings: FileSettings, context: OutputContext) {
    this.path = path;
    this.settings = settings;
    this.header = header;
    this.context = context;
    this.finished = new FinishedFiles(path);
    this.file = this.fileOf(atDate(path, context.now()));
  }

  async open(): Promise<void> {
    await this.file.open();
    await this.context.finisher.recover(this.finished, this.file.path);
  }

  async append(lines: Uint8Array): Promise<void> {
    const { now, finisher } = this.context;
    const path = atDate(this.path, now());
    if (path !== this.file.path) {
      const last = this.file.path;
      await this.file.close();
      this.file = this.fileOf(path);
      await this.file.open();
      await finisher.finish(this.finished, last, path);
    }
    await this.file.append(lines);
  }

  async flush(): Promise<void> {
    if (this.settings.fsync !== 'none') await this.file.sync();
    await this.file.ready();
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private fileOf(path: string): LineFile {
    const { sink, mode, maxBytes, maxAgeMs, fsync } = this.settings;
    const { log, counts, now, finisher } = this.context;
    const setAside = async () => {
      const final = await this.finished.setAside(path, now());
      await finisher.finish(this.finished, final, path);
    };
    return new LineFile(
      path,
      { sink, mode, header: this.header, maxBytes, maxAgeMs, fsync },
      { log, counts, now, setAside },
    );
  }
}
