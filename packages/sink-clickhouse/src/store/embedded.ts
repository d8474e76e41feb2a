import { totalmem } from 'node:os';
import { makeFolder } from '../make-folder.js';
import { stringLiteral } from '../sql/tokens.js';
import { type ChdbSession, loadChdb } from './chdb.js';
import { holderOf } from './holder.js';
import type { StoreLayout } from './layout.js';

/** Another process has the folder. */
export class FolderTaken extends Error {}

/** Statements that may run at a time, with threads of the pool to spare (POOL_THREADS); more wait. An insert never waits for a query, nor a query for an insert. */
export const MAX_QUERIES = 8;
export const MAX_INSERTS = 4;

const CACHE_BYTES = 64 << 20;
const MIN_MEMORY_BYTES = 512 << 20;
const MAX_MEMORY_BYTES = 2 ** 31;

/** A quarter of the memory there is, between 512 MiB and 2 GiB; the engine's own limit would be 90 %. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.min(MAX_MEMORY_BYTES, Math.max(MIN_MEMORY_BYTES, Math.floor(memory / 4)));
}

/** The engine, in this process. One per process: it is bound to its first folder. */
export class Embedded {
  private readonly chdb: ReturnType<typeof loadChdb>;
  private readonly folder: string;
  /** For statements about other statements; it also keeps the engine up while no other session is open. */
  private readonly control: ChdbSession;

  /** @throws FolderTaken; SkepError SKEP_LIBRARY when chdb is not installed. */
  constructor(layout: StoreLayout) {
    this.chdb = loadChdb();
    this.folder = layout.engine;
    makeFolder(layout.engine);
    try {
      this.control = new this.chdb.Session(this.folder, {
        connectionArgs: [
          `--max_server_memory_usage=${memoryLimit()}`,
          `--mark_cache_size=${CACHE_BYTES}`,
          `--primary_index_cache_size=${CACHE_BYTES}`,
        ],
      });
    } catch (error) {
      if (holderOf(this.folder) !== undefined) throw new FolderTaken(this.folder);
      throw error;
    }
  }

  /** 0.9 ms and 150 KB: every request has one of its own, and leaves nothing behind in it. */
  session(): ChdbSession {
    return new this.chdb.Session(this.folder);
  }

  /** Rows of a small statement of the store's own. */
  async rows<Row>(sql: string): Promise<Row[]> {
    const result = await this.control.queryAsync(sql, { format: 'JSONEachRow' });
    return result
      .text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }

  /** Stop the statement of a request. It ends with code 394 soon after; one that has ended already is no error. */
  async kill(id: string): Promise<boolean> {
    const killed = await this.rows(`KILL QUERY WHERE Settings['log_comment'] = ${stringLiteral(id)}`);
    return killed.length > 0;
  }

  /** After the last statement has ended. */
  async close(): Promise<void> {
    await this.chdb.drainPending();
    this.control.close();
    await this.chdb.drainPending();
  }
}
