import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentFacts,
  type LedgerEntry,
  type OptionDefinition,
  parseOption,
  type Schema,
  type SinkContext,
} from '@skep/core';
import { ClickHouseServer } from '@skep/testing';
import { onTestFinished } from 'vitest';
import { ClickHouseSink, type ClickHouseSinkOptions } from './clickhouse-sink.js';
import { ServerEngine } from './engine/server.js';
import { schemaOf, TIME } from './native/fixture.js';
import { options, settingsOf } from './settings.js';

export const NUMBERED: Schema = schemaOf(
  [TIME, { name: 'n', type: 'u64' }, { name: 'comm', type: 'bytes', meaning: 'skep_comm_t', size: 16 }],
  { source: 'rows' },
);

export const TABLE = 'skep.tool_rows';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-sink-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server of this test's own. */
export async function startServer(): Promise<ClickHouseServer> {
  const server = await ClickHouseServer.start();
  onTestFinished(() => server.close());
  return server;
}

export interface TestContext extends SinkContext {
  readonly logged: string[];
  readonly entries: LedgerEntry[];
  readonly stop: AbortController;
}

export function contextOf(folder: string, agent: Partial<AgentFacts> = {}): TestContext {
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  const entries: LedgerEntry[] = [];
  const stop = new AbortController();
  return {
    name: 'store',
    folder,
    log: { debug: () => {}, info: note, warn: note, error: note },
    agent: { name: 'web-1', version: '0.0.0', startedMs: Date.now(), configDigest: () => 'digest', ...agent },
    account: () => entries,
    stopping: stop.signal,
    logged,
    entries,
    stop,
  };
}

/** The settings of options as YAML gives them. */
export function settingsFrom(raw: Readonly<Record<string, unknown>>, folder: string) {
  const values = Object.fromEntries(
    Object.entries(options as Readonly<Record<string, OptionDefinition>>).map(([name, definition]) => [
      name,
      name in raw ? parseOption('sink store', name, definition, raw[name]) : definition.default,
    ]),
  );
  return settingsOf(values as never, 'store', folder);
}

export interface TestSink {
  readonly sink: ClickHouseSink;
  readonly context: TestContext;
}

/** A sink with the patience of a test: little after faults, and much with a store that is slow. */
export function sinkOf(
  url: string,
  folder: string,
  raw: Readonly<Record<string, unknown>> = {},
  rest: Partial<ClickHouseSinkOptions> = {},
  agent: Partial<AgentFacts> = {},
): TestSink {
  const { server, tables, spool, flushMs } = settingsFrom({ url, ...raw }, folder);
  const context = contextOf(folder, agent);
  const sink = new ClickHouseSink(
    {
      engine: new ServerEngine(server!),
      tables,
      spool,
      inFlight: 2,
      limits: { intervalMs: flushMs },
      patience: 0.02,
      contactMs: 60_000,
      drainMs: 60_000,
      ...rest,
    },
    context,
  );
  onTestFinished(() => sink.close());
  return { sink, context };
}

/** A batch of `NUMBERED` whose rows count from `from`. */
export { batchOf } from './native/fixture.js';

export function numbered(from: number, rows: number): Readonly<Record<string, unknown>>[] {
  const now = BigInt(Date.now()) * 1_000_000n;
  return Array.from({ length: rows }, (_, i) => ({ time: now, n: from + i, comm: `c${(from + i) % 7}` }));
}

/** Settles when `condition` holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 90_000): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain until ${what}`);
}
