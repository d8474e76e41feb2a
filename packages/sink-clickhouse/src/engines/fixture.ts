import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { ClickHouseServer, hasClickHouse } from '@skep/testing';
import { type Capabilities, capabilitiesOf } from '../capabilities.js';
import type { Engine } from '../engine.js';
import { BlockBuilder } from '../native/block-builder.js';
import { tableReference } from '../schema/create.js';
import { quoted } from '../schema/names.js';
import type { Table } from '../schema/table.js';

/** What both engines can do for a test. */
export interface TestEngine {
  readonly version: string;
  readonly capabilities: Capabilities;
  query(sql: string): Promise<string>;
  insert(table: Table, block: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Engines that this machine has: a server by HTTP, and the embedded one in a process of its own. */
export const ENGINES: readonly (readonly [name: string, start: () => Promise<TestEngine>])[] = [
  ...(hasClickHouse() ? [['a server', startServer] as const] : []),
  ...(embeddedPath() ? [['the embedded engine', startEmbedded] as const] : []),
];

export async function startServer(): Promise<TestEngine> {
  const server = await ClickHouseServer.start();
  const version = (await server.query('SELECT version()')).trim();
  return {
    version,
    capabilities: capabilitiesOf(version),
    query: (sql) => server.query(sql),
    insert: async (table, block) => void (await server.query(`${insertInto(table)} FORMAT Native`, block)),
    close: () => server.close(),
  };
}

/** Only the main thread of a process may load chdb, and a test runs in a worker: hence a child, asked line by line. */
const CHILD = `
  import { createInterface } from 'node:readline';
  const { Session } = (await import(process.argv[1])).default;
  const session = new Session(process.argv[2]);
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      const result = await session.queryAsync(JSON.parse(line), { format: 'TabSeparated' });
      answer = { text: Buffer.from(result.bytes()).toString('base64') };
    } catch (error) {
      answer = { error: error.message };
    }
    process.stdout.write(JSON.stringify(answer) + '\\n');
  }
  process.exit(0);
`;

function embeddedPath(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('chdb');
  } catch {
    return undefined;
  }
}

class Embedded {
  readonly folder = mkdtempSync(join(tmpdir(), 'skep-embedded-'));
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private files = 0;

  constructor() {
    const args = ['--input-type=module', '-e', CHILD, embeddedPath()!, join(this.folder, 'data')];
    this.child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.reader = createInterface({ input: this.child.stdout! });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  async query(sql: string): Promise<string> {
    this.child.stdin!.write(`${JSON.stringify(sql)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the embedded engine is gone');
    const answer = JSON.parse(value as string) as { text?: string; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return Buffer.from(answer.text!, 'base64').toString();
  }

  async insert(table: Table, block: Uint8Array): Promise<void> {
    const path = join(this.folder, `${this.files++}.native`);
    writeFileSync(path, block);
    await this.query(`${insertInto(table)} FROM INFILE '${path}' FORMAT Native`);
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin!.end();
    await gone;
    this.reader.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function startEmbedded(): Promise<TestEngine> {
  const embedded = new Embedded();
  const version = (await embedded.query('SELECT version()')).trim();
  return {
    version,
    capabilities: capabilitiesOf(version),
    query: (sql) => embedded.query(sql),
    insert: (table, block) => embedded.insert(table, block),
    close: () => embedded.close(),
  };
}

function insertInto(table: Table): string {
  return `INSERT INTO ${tableReference(table)} (${table.columns.map(({ name }) => quoted(name)).join(', ')})`;
}

/** Rows as the sink sees them: an `Engine` over what a test started, without its inserts. */
export function engineOver(engine: Pick<TestEngine, 'version' | 'capabilities' | 'query'>): Engine {
  return {
    name: 'test',
    connect: () => Promise.resolve(engine.capabilities),
    command: async (sql) => void (await engine.query(sql)),
    rows: async (sql) =>
      (await engine.query(`${sql} FORMAT JSONEachRow`))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    insert: () => Promise.reject(new Error('not in these tests')),
    close: () => Promise.resolve(),
  };
}

export async function insertBatches(
  engine: TestEngine,
  table: Table,
  batches: Parameters<BlockBuilder['add']>[0][],
  identity = { host: 'web-1', boot: '00112233aabbccdd' },
): Promise<void> {
  const builder = new BlockBuilder(table, identity);
  let sequence = 0n;
  for (const batch of batches) {
    builder.add(batch, sequence);
    sequence += BigInt(batch.rows);
  }
  const parts = builder.take();
  if (parts.length > 0) await engine.insert(table, Buffer.concat(parts));
}
