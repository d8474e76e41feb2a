import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { ServerEngine } from '@skep/sink-clickhouse';
import { layoutOf, startStore } from '@skep/sink-clickhouse/store';
import { ClickHouseServer, hasClickHouse } from '@skep/testing';

/** A ClickHouse that is measured. */
export interface BenchStore {
  /** As the sink's `url` names it. */
  readonly url: string;
  readonly pid: number;
  /** For statements and queries. */
  readonly engine: ServerEngine;
  /** The official client, as anybody would use it. */
  readonly client: ClickHouseClient;
  /** From now on it does not answer. */
  stop(): Promise<void>;
  /** It answers again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export type StoreKind = 'server' | 'embedded';

/** Why there is no such store here. */
export function storeMissing(kind: StoreKind): string | undefined {
  return kind === 'server' && !hasClickHouse() ? 'not installed: apt install clickhouse-server' : undefined;
}

/** Making a hundred thousand objects takes longer than a server keeps an idle connection. */
const CLIENT = { keep_alive: { enabled: false }, log: { level: ClickHouseLogLevel.OFF } } as const;
const ACCOUNT = { user: 'default', password: '', compress: 'none', timeoutMs: 60_000 } as const;

/** @param folder for the data of the embedded engine; a server has its own */
export function startBenchStore(kind: StoreKind, folder: string): Promise<BenchStore> {
  return kind === 'server' ? benchServer() : benchEmbedded(join(folder, 'store'));
}

async function benchServer(): Promise<BenchStore> {
  const server = await ClickHouseServer.start();
  const engine = new ServerEngine({ name: 'server', url: server.url, ...ACCOUNT });
  const client = createClient({ url: server.url, ...CLIENT });
  await engine.connect();
  return {
    url: server.url,
    get pid() {
      return server.pid!;
    },
    engine,
    client,
    stop: () => server.stop(),
    start: () => server.start(),
    async close() {
      await client.close();
      await engine.close();
      await server.close();
    },
  };
}

async function benchEmbedded(folder: string): Promise<BenchStore> {
  const handle = await startStore(folder);
  const engine = new ServerEngine({ name: 'embedded', url: 'http://store', socketPath: handle.socketPath, ...ACCOUNT });
  const client = createClient({
    ...CLIENT,
    url: 'http://store',
    http_agent: new Agent({ socketPath: handle.socketPath } as ConstructorParameters<typeof Agent>[0]),
  });
  await engine.connect();
  const pid = Number(readFileSync(layoutOf(folder).pid, 'utf8'));
  return {
    url: `chdb:${folder}`,
    pid,
    engine,
    client,
    // As a machine that is out of memory would: it is there and does nothing.
    stop: async () => void process.kill(pid, 'SIGSTOP'),
    start: async () => void process.kill(pid, 'SIGCONT'),
    async close() {
      await client.close();
      await engine.close();
      await handle.close();
      for (let waited = 0; waited < 20_000 && isRunning(pid); waited += 100)
        await new Promise((r) => setTimeout(r, 100));
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
