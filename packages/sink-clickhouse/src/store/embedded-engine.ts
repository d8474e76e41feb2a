import type { Log } from '@skep/core';
import type { Capabilities } from '../capabilities.js';
import { ServerEngine } from '../engine/server.js';
import { StoreError, storeError } from '../engine/store-error.js';
import type { Engine, InsertRequest, QueryParameters } from '../engine.js';
import { requireChdb } from './chdb.js';
import { keepToSize } from './size-budget.js';
import { type StoreHandle, startStore } from './start.js';

export interface EmbeddedSettings {
  readonly folder: string;
  /** Where sealed files are: the store reads them itself. */
  readonly spool: string;
  readonly database: string;
  /** Most bytes on disk; undefined: as many as there is room for. */
  readonly maxBytes: number | undefined;
  readonly timeoutMs: number;
}

const CHECK_SIZE_MS = 60_000;

/** The store process as an engine: it is started by `connect`, and kept running until `close`. */
export class EmbeddedEngine implements Engine {
  readonly name: string;
  private readonly settings: EmbeddedSettings;
  private readonly log: Log;
  private opened: Promise<Opened> | undefined;
  private readonly sizeTimer: NodeJS.Timeout;
  private checking: Promise<void> | undefined;

  /** @throws SkepError SKEP_LIBRARY when chdb is not installed, or does not run here. */
  constructor(settings: EmbeddedSettings, log: Log) {
    requireChdb();
    this.name = settings.folder;
    this.settings = settings;
    this.log = log;
    this.sizeTimer = setInterval(() => void this.checkSize(), CHECK_SIZE_MS).unref();
  }

  async connect(): Promise<Capabilities> {
    return (await this.open()).engine.connect();
  }

  async command(sql: string): Promise<void> {
    await (await this.open()).engine.command(sql);
  }

  async rows<Row>(sql: string, parameters?: QueryParameters): Promise<Row[]> {
    return (await this.open()).engine.rows<Row>(sql, parameters);
  }

  async insert(request: InsertRequest): Promise<void> {
    const { engine } = await this.open();
    try {
      await engine.insert(request);
    } catch (error) {
      if (error instanceof StoreError && error.fault === 'space') await this.checkSize();
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.sizeTimer);
    const { opened } = this;
    this.opened = undefined;
    const { engine, handle } = (await opened?.catch(() => undefined)) ?? {};
    await engine?.close();
    await handle?.close();
  }

  private open(): Promise<Opened> {
    this.opened ??= this.start().catch((error: unknown) => {
      this.opened = undefined;
      // As a server that is down: rows wait in the spool.
      throw storeError(this.name, error);
    });
    return this.opened;
  }

  private async start(): Promise<Opened> {
    const { folder, spool, timeoutMs } = this.settings;
    const handle = await startStore(folder, { spool, log: this.log });
    const { socketPath } = handle;
    const url = 'http://store/';
    const engine = new ServerEngine({
      name: folder,
      url,
      user: 'default',
      password: '',
      compress: 'none',
      timeoutMs,
      socketPath,
    });
    return { handle, engine };
  }

  /** Keep to the budget; one at a time. */
  private checkSize(): Promise<void> {
    this.checking ??= this.dropOldest().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  private async dropOldest(): Promise<void> {
    const { maxBytes, database } = this.settings;
    if (maxBytes === undefined || !this.opened) return;
    try {
      const { bytes, rows } = await keepToSize((await this.opened).engine, database, maxBytes);
      if (rows > 0) this.log.info(`${this.name}: dropped ${rows} rows, ${bytes} bytes, to keep to max_size`);
    } catch (error) {
      this.log.warn(`${this.name}: cannot keep to max_size: ${(error as Error).message}`);
    }
  }
}

interface Opened {
  readonly handle: StoreHandle;
  readonly engine: ServerEngine;
}
