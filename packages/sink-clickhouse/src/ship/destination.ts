import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, Schema } from '@skep/core';
import { type Capabilities, capabilitiesOf, NEWEST } from '../capabilities.js';
import type { Engine } from '../engine.js';
import { applySchema } from '../schema/apply.js';
import { adoptColumns, type ExistingColumn } from '../schema/migrate.js';
import { planTables } from '../schema/plan-table.js';
import { areInterchangeable, sameType } from '../schema/representation.js';
import { dropExpiredDays } from '../schema/retention.js';
import type { Table, TableSettings } from '../schema/table.js';
import type { Layout } from '../spool/layout.js';

/** What is remembered of a store, so that blocks fit it while it is away. */
interface Memory {
  readonly version: string;
  readonly tables: Readonly<Record<string, readonly ExistingColumn[]>>;
}

const MEMORY_FILE = 'store.json';
const RETENTION_MS = 3_600_000;

export interface DestinationOptions {
  readonly engine: Engine;
  readonly settings: TableSettings;
  /** Name of the agent. */
  readonly host: string;
  /** Folder that remembers what the store is like. */
  readonly folder: string;
  readonly log: Log;
}

/** The tables of a store: what they are known or assumed to be like, and how they are brought to what is needed. */
export class Destination {
  private readonly options: DestinationOptions;
  private memory: Memory = { version: NEWEST, tables: {} };
  private schemas: readonly Schema[] = [];
  private isPrepared = false;
  private preparing: Promise<void> | undefined;
  private retainedAt = Number.NEGATIVE_INFINITY;
  /** The store has answered, in this run or an earlier one. */
  isKnown = false;
  /** Grows when tables may turn out to be other than they were. */
  generation = 0;

  constructor(options: DestinationOptions) {
    this.options = options;
  }

  get capabilities(): Capabilities {
    return capabilitiesOf(this.memory.version);
  }

  /** What earlier runs have learned of the store. Without it blocks are made for the newest server. */
  async recall(): Promise<void> {
    try {
      const memory = JSON.parse(await readFile(this.memoryPath, 'utf8')) as Memory;
      if (typeof memory.version !== 'string' || typeof memory.tables !== 'object') return;
      this.memory = memory;
      this.isKnown = true;
    } catch {
      // Nothing is known: the store will be asked.
    }
  }

  /** From now on the store has to have tables for these. */
  setSchemas(schemas: readonly Schema[]): void {
    this.schemas = schemas;
    this.isPrepared = false;
  }

  /** The tables of a stream, as they are or will be. */
  tablesOf(schema: Schema): readonly Table[] {
    return planTables(schema, this.options.settings, this.capabilities).map((table) =>
      adoptColumns(table, this.memory.tables[table.name] ?? []),
    );
  }

  /** The columns of a table that hold another type than a block of this layout has for them, with that type. */
  otherTypes({ table, columns }: Layout): ReadonlyMap<string, string> {
    const there = new Map((this.memory.tables[table] ?? []).map(({ name, type }) => [name, type]));
    return new Map(
      columns.flatMap(({ name, type }) => {
        const wanted = there.get(name);
        const differs = wanted !== undefined && !sameType(wanted, type) && areInterchangeable(wanted, type);
        return differs ? [[name, wanted]] : [];
      }),
    );
  }

  /**
   * Connect, and make what is missing; nothing when that is done already.
   *
   * @throws StoreError when the store cannot be reached or refuses; SkepError SKEP_SCHEMA for a table of someone else's.
   */
  prepare(): Promise<void> {
    if (this.isPrepared) return this.retain();
    this.preparing ??= this.doPrepare().finally(() => {
      this.preparing = undefined;
    });
    return this.preparing;
  }

  /** Something is not as it was left: look again before the next insert. */
  invalidate(): void {
    this.isPrepared = false;
  }

  private async doPrepare(): Promise<void> {
    const { engine, settings, host, log } = this.options;
    const { schemas } = this;
    const capabilities = await engine.connect();
    const planned = schemas.flatMap((schema) => planTables(schema, settings, capabilities));
    const warn = (message: string) => log.warn(`${engine.name}: ${message}`);
    const applied = await applySchema(engine, planned, { settings, capabilities, host, warn });
    const tables: Record<string, ExistingColumn[]> = {};
    for (const [n, table] of applied.entries()) {
      // Two sources of one plugin share a table, and may have different columns.
      tables[table.name] = [...(tables[table.name] ?? []), ...columnsFound(planned[n]!, table)];
    }
    this.memory = { version: capabilities.version, tables: { ...this.memory.tables, ...tables } };
    this.isKnown = true;
    this.generation++;
    // Streams may have been added meanwhile.
    this.isPrepared = schemas === this.schemas;
    await this.remember();
  }

  /** Drop what is too old, where the server does not do so by itself. */
  private async retain(): Promise<void> {
    const { engine, settings, log } = this.options;
    if (settings.ttlMs === undefined || this.capabilities.ttl) return;
    if (performance.now() - this.retainedAt < RETENTION_MS) return;
    this.retainedAt = performance.now();
    const tables = this.schemas.flatMap((schema) => [...this.tablesOf(schema)]);
    const dropped = await dropExpiredDays(engine, tables, settings);
    if (dropped > 0) log.info(`${engine.name}: ${dropped} days are older than the ttl and were dropped`);
  }

  private async remember(): Promise<void> {
    const part = `${this.memoryPath}.part`;
    try {
      await writeFile(part, JSON.stringify(this.memory), { mode: 0o600 });
      await rename(part, this.memoryPath);
    } catch (error) {
      this.options.log.warn(`cannot write ${this.memoryPath}: ${(error as Error).message}`);
    }
  }

  private get memoryPath(): string {
    return join(this.options.folder, MEMORY_FILE);
  }
}

/** What `adoptColumns` must find to make `applied` of `planned` again. */
function columnsFound(planned: Table, applied: Table): ExistingColumn[] {
  return applied.columns.flatMap(({ name, representation }, n) => {
    const { name: wanted } = planned.columns[n]!;
    const column = { name, type: representation.type, default_kind: '' };
    return name === wanted ? [column] : [column, { name: wanted, type: 'of another type', default_kind: '' }];
  });
}
