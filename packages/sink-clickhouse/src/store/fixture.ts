import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type StoreHandle, type StoreOptions, startStore } from '@skep/sink-clickhouse/store';
import { afterEach } from 'vitest';

const cleanUp: (() => Promise<void> | void)[] = [];
const leases: (() => Promise<void> | void)[] = [];
const pids = new Set<number>();

afterEach(async () => {
  // A store ends when the last of its users has left.
  for (const leave of leases.splice(0)) await leave();
  const ending = [...pids];
  pids.clear();
  for (const pid of ending) await goneProcess(pid);
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

export function later(undo: () => Promise<void> | void): void {
  cleanUp.push(undo);
}

/** A user of a store leaves it before the end of the store is awaited. */
export function whenLeaving(leave: () => Promise<void> | void): void {
  leases.push(leave);
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-store-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface RunningStore {
  readonly handle: StoreHandle;
  readonly client: ClickHouseClient;
  readonly folder: string;
  readonly spool: string;
}

/** A store of its own, which has ended when the test has. */
export async function runStore(folder = temporaryFolder(), options: StoreOptions = {}): Promise<RunningStore> {
  const spool = join(folder, 'spool');
  const handle = await startStore(folder, { spool, ...options });
  const client = createClient({
    url: 'http://store',
    http_agent: handle.agent,
    log: { level: ClickHouseLogLevel.OFF },
  });
  whenLeaving(async () => {
    await client.close();
    pids.add(handle.pid);
    await handle.close();
  });
  return { handle, client, folder, spool };
}

/** One that has ended and that nobody has waited for runs no more. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

export async function goneProcess(pid: number): Promise<void> {
  await until(() => !isRunning(pid));
}

/** @throws when it does not come true in 90 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; ) {
    if (await condition()) return;
    await wait(50);
  }
  throw new Error('did not come true in 90 s');
}

export async function rowsOf<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  const clickhouse_settings = { output_format_json_quote_64bit_integers: 1 } as const;
  return (await client.query({ query, format: 'JSONEachRow', clickhouse_settings })).json<Row>();
}

export async function makeTable(client: ClickHouseClient): Promise<void> {
  await client.command({ query: 'CREATE DATABASE skep' });
  await client.command({
    query:
      'CREATE TABLE skep.t (a UInt64, s String) ENGINE = MergeTree ORDER BY a ' +
      'SETTINGS non_replicated_deduplication_window = 100',
  });
}
