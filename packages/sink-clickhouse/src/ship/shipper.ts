import { isSkepError, type Log, type SkepError } from '@skep/core';
import { FAULTS, type FaultName } from '../engine/fault.js';
import { type StoreError, storeError } from '../engine/store-error.js';
import type { Engine } from '../engine.js';
import { Reminder } from '../reminder.js';
import { tableReference } from '../schema/create.js';
import { type SealedBlock, tokenOf } from '../spool/sealed-block.js';
import type { BlockFile, Spool } from '../spool/spool.js';
import { Backoff } from './backoff.js';
import type { Destination } from './destination.js';
import type { Pace } from './pace.js';
import { isPresent } from './presence.js';

export interface ShipperOptions {
  readonly engine: Engine;
  readonly spool: Spool;
  readonly destination: Destination;
  readonly database: string;
  readonly pace: Pace;
  readonly log: Log;
  /** Inserts that are under way at a time. */
  readonly inFlight: number;
  /** Called when the tables are known, before anything is shipped: blocks may have to look different from now on. */
  onPrepared(): void;
  /** Of all waiting times; default 1. */
  readonly patience?: number;
}

/** Too little memory so often in a row: blocks are too large for the store. */
const MEMORY_FAULTS = 3;
/** Inserts of a block that is acknowledged and not there; rows that their TTL removes at once are never there. */
const MOST_INSERTS = 3;

/**
 * Brings the blocks of the spool to the store, the oldest first. What fails is tried again with the same token; only a
 * block that is itself at fault is set aside (see `FAULTS`).
 */
export class Shipper {
  private readonly options: ShipperOptions;
  private readonly backoff: Backoff;
  private readonly reminder: Reminder;
  private readonly checked = new WeakSet<SealedBlock>();
  private readonly attempts = new WeakMap<SealedBlock, number>();
  /** The store may have been sent these before. */
  private readonly doubtful = new WeakSet<SealedBlock>();
  private workers: Promise<void>[] = [];
  private stopping = false;
  private pausedUntil = 0;
  private failures = 0;
  private memoryFaults = 0;

  constructor(options: ShipperOptions) {
    this.options = options;
    this.backoff = new Backoff(options.patience);
    this.reminder = new Reminder(options.log);
  }

  start(): void {
    for (let n = 0; n < this.options.inFlight; n++) this.workers.push(this.work());
  }

  /** Settles when the spool is empty, or when the store was tried anew and did not take what there is. */
  async drained(timeoutMs: number): Promise<void> {
    const { spool } = this.options;
    const failures = this.failures;
    const end = performance.now() + timeoutMs;
    this.pausedUntil = 0;
    this.options.spool.changed.notify();
    while (spool.blocks > 0 && this.failures === failures) {
      const seen = spool.changed.count;
      const leftMs = end - performance.now();
      if (leftMs <= 0) return;
      await this.stir(seen, leftMs);
    }
  }

  /** Begin nothing more; settles when the inserts under way have ended, one way or the other. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.options.spool.changed.notify();
    await Promise.all(this.workers);
  }

  private async work(): Promise<void> {
    const { spool } = this.options;
    while (!this.stopping) {
      const seen = spool.changed.count;
      const pauseMs = this.pausedUntil - performance.now();
      if (pauseMs > 0) await this.stir(seen, pauseMs);
      else if (await this.prepared()) {
        const block = await spool.next();
        if (!block) await this.stir(seen);
        else if (this.stopping) spool.giveBack(block);
        else await this.ship(block);
      }
    }
  }

  private async prepared(): Promise<boolean> {
    const { destination, onPrepared, engine } = this.options;
    try {
      await destination.prepare();
      onPrepared();
      return true;
    } catch (cause) {
      // A table of someone else's stays so until an operator has acted, as does a password.
      if (isSkepError(cause) && cause.code !== 'SKEP_STORE') this.pause('access', cause);
      else {
        const error = storeError(engine.name, cause);
        this.pause(error.fault, error);
      }
      return false;
    }
  }

  private async ship(block: SealedBlock): Promise<void> {
    const { spool, engine } = this.options;
    if (!(await this.isWhole(block))) return;
    try {
      await this.insert(block);
    } catch (cause) {
      await this.failed(block, storeError(engine.name, cause));
      return;
    }
    await spool.remove(block);
    this.backoff.succeed();
    this.memoryFaults = 0;
    this.options.pace.forgive();
    this.reminder.clear(`${engine.name}: rows are stored again`);
  }

  /** Settles when the store has the block; with another token when it is mistaken about having it. */
  private async insert(block: SealedBlock): Promise<void> {
    const { spool, destination } = this.options;
    const types = destination.otherTypes(block.layout);
    // Sealed before the store was known, or for the one that was there before.
    if (types.size === 0) return this.insertFile(block, block);
    await spool.withRecoded(block, types, (file) => this.insertFile(block, file));
  }

  private async insertFile(block: SealedBlock, { path, bytes }: BlockFile): Promise<void> {
    const { engine, database, spool, destination } = this.options;
    const { layout, rows } = block;
    const token = tokenOf(block);
    const isDoubtful = destination.capabilities.deduplicationToken && (this.doubtful.has(block) || !spool.isOwn(block));
    for (let n = 0; n < MOST_INSERTS; n++) {
      await engine.insert({
        table: tableReference({ database, name: layout.table }),
        columns: layout.columns.map(({ name }) => name),
        file: { path, bytes, rows },
        token: n === 0 ? token : `${token}:${n}`,
      });
      if (!isDoubtful) return;
      const isThere = await isPresent(engine, database, block);
      if (isThere ?? n > 0) return;
    }
  }

  /** Looked at once: what was sealed long ago, or by a run that ended badly, may have been damaged since. */
  private async isWhole(block: SealedBlock): Promise<boolean> {
    if (this.checked.has(block)) return true;
    const { spool } = this.options;
    try {
      if (await spool.isWhole(block)) {
        this.checked.add(block);
        return true;
      }
      await spool.quarantine(block, 'the file is damaged: its checksum is not the one it was sealed with');
    } catch (error) {
      await spool.lose(block, `its file cannot be read: ${(error as Error).message}`);
    }
    return false;
  }

  private async failed(block: SealedBlock, error: StoreError): Promise<void> {
    const { spool, destination, pace } = this.options;
    const { attempts } = FAULTS[error.fault];
    this.doubtful.add(block);
    const tried = (this.attempts.get(block) ?? 0) + 1;
    if (error.fault === 'parts') pace.slower();
    if (error.fault === 'memory' && ++this.memoryFaults % MEMORY_FAULTS === 0) pace.smaller();
    if (attempts !== undefined) {
      // The table may not be what it was: look again, make what is missing, and make the next blocks for what is there.
      destination.invalidate();
      this.attempts.set(block, tried);
      if (tried >= attempts) {
        await spool.quarantine(block, error.message);
        return;
      }
    }
    spool.giveBack(block);
    this.pause(error.fault, error);
  }

  private pause(fault: FaultName, { message, remedy }: SkepError): void {
    this.failures++;
    this.pausedUntil = performance.now() + this.backoff.fail(FAULTS[fault]);
    this.options.spool.changed.notify();
    this.reminder.error(`rows wait in the spool: ${message}${remedy === '' ? '' : `; ${remedy}`}`);
  }

  /** Settles when something has happened since `seen` was the count, or after `ms`. */
  private async stir(seen: number, ms?: number): Promise<void> {
    const happened = this.options.spool.changed.wait(seen);
    if (ms === undefined) return happened;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([happened, late]);
    clearTimeout(timer);
  }
}
