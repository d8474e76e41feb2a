import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Log, SkepError } from '@skep/core';
import { makeFolder } from '../make-folder.js';
import { requireChdb } from './chdb.js';
import { holderOf } from './holder.js';
import { EXIT_TAKEN, layoutOf, POOL_THREADS, type StoreLayout } from './layout.js';
import { type Lease, takeLease } from './lease.js';
import { type SocketPath, socketPathIn } from './socket-path.js';

const PROGRAM = fileURLToPath(new URL('./main.js', import.meta.url));
/** A store that has much to load takes seconds. */
const START_MS = 60_000;
/** One that is ending still has the folder for a while. */
const TAKEN_MS = 15_000;
const ASK_MS = 50;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;
/** Of the store's own messages, in an error. */
const LOG_TAIL_BYTES = 2000;

export interface StoreOptions {
  readonly log?: Pick<Log, 'info' | 'warn'>;
  /** The folder of sealed blocks: the only one whose files may be named in `FROM INFILE`. */
  readonly spool?: string;
}

/** An embedded store that runs and is kept running. */
export interface StoreHandle {
  readonly folder: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Good as long as this handle is open. */
  readonly socketPath: string;
  /** For `http_agent` of the client, with any URL such as `http://store`. */
  readonly agent: Agent;
  /** Let go: the store ends soon after the last of those who use it. */
  close(): Promise<void>;
}

/**
 * Use the embedded store in `folder`: find the process that runs it, or start one. A store that dies is started again,
 * with a growing delay; requests meanwhile fail as those to a server that is down. It outlives this process only for the
 * seconds it needs to finish.
 *
 * @throws SkepError SKEP_LIBRARY without chdb, or where it does not run; SKEP_SINK when the folder cannot be used.
 */
export async function startStore(folder: string, options: StoreOptions = {}): Promise<StoreHandle> {
  requireChdb();
  const layout = layoutOf(folder);
  makeOwn(layout.folder);
  if (options.spool !== undefined) makeOwn(options.spool);
  const socket = await socketPathIn(layout.folder);
  try {
    const lease = await openStore(layout, socket.path, options.spool);
    return new Supervisor(layout, socket, lease, options);
  } catch (error) {
    await socket.close();
    throw error;
  }
}

function makeOwn(path: string): void {
  try {
    makeFolder(path);
  } catch (cause) {
    const message = `cannot make the folder ${path}: ${(cause as Error).message}`;
    throw new SkepError('SKEP_SINK', message, 'choose another folder', { cause });
  }
}

class Supervisor implements StoreHandle {
  readonly agent: Agent;
  private readonly layout: StoreLayout;
  private readonly socket: SocketPath;
  private readonly options: StoreOptions;
  private readonly stopped = new AbortController();
  private readonly watched: Promise<void>;
  private lease: Lease;

  constructor(layout: StoreLayout, socket: SocketPath, lease: Lease, options: StoreOptions) {
    this.layout = layout;
    this.socket = socket;
    this.lease = lease;
    this.options = options;
    this.agent = new Agent({ socketPath: socket.path, keepAlive: true } as ConstructorParameters<typeof Agent>[0]);
    this.watched = this.watch();
  }

  get folder(): string {
    return this.layout.folder;
  }

  get socketPath(): string {
    return this.socket.path;
  }

  get pid(): number {
    return this.lease.pid;
  }

  async close(): Promise<void> {
    this.stopped.abort();
    this.lease.end();
    await this.watched;
    this.agent.destroy();
    await this.socket.close();
  }

  private async watch(): Promise<void> {
    const { layout, socket, stopped, options } = this;
    for (let backoffMs = FIRST_BACKOFF_MS; ; ) {
      const since = Date.now();
      await this.lease.ended;
      if (stopped.signal.aborted) return;
      options.log?.warn(`the store in ${layout.folder} has ended; starting it again`);
      if (Date.now() - since > MAX_BACKOFF_MS) backoffMs = FIRST_BACKOFF_MS;
      for (;;) {
        await wait(backoffMs * (0.5 + Math.random() / 2), undefined, stopped).catch(() => undefined);
        if (stopped.signal.aborted) return;
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
        try {
          this.lease = await openStore(layout, socket.path, options.spool);
          break;
        } catch (error) {
          options.log?.warn(`the store in ${layout.folder} does not start: ${(error as Error).message}`);
        }
      }
      if (stopped.signal.aborted) return this.lease.end();
      options.log?.info(`the store in ${layout.folder} runs again`);
    }
  }
}

/** A lease on the store that runs in the folder, or on a new one. */
async function openStore(layout: StoreLayout, socketPath: string, spool: string | undefined): Promise<Lease> {
  const since = Date.now();
  let child: ChildProcess | undefined;
  try {
    for (;;) {
      const lease = await takeLease(socketPath, spool);
      if (lease) return lease;
      const code = child?.exitCode ?? child?.signalCode;
      if (child && code !== undefined && code !== null && code !== EXIT_TAKEN) throw failed(layout, code);
      const elapsedMs = Date.now() - since;
      if (code === EXIT_TAKEN && elapsedMs > TAKEN_MS) throw taken(layout);
      if (elapsedMs > START_MS) throw failed(layout, 'no answer');
      if (!child || code === EXIT_TAKEN) child = spawnStore(layout);
      await wait(ASK_MS);
    }
  } catch (error) {
    child?.kill();
    throw error;
  }
}

/** In a session of its own: Ctrl-C at a terminal is for the agent, which then lets the store go. */
function spawnStore(layout: StoreLayout): ChildProcess {
  const log = openSync(layout.log, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [PROGRAM, layout.folder], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(POOL_THREADS) },
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

function failed(layout: StoreLayout, why: string | number): SkepError {
  const lines = readFileSync(layout.log, 'utf8').slice(-LOG_TAIL_BYTES).trim().split('\n');
  // Node.js ends what it says of an exception with its version.
  const tail = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
  const message = `the store in ${layout.folder} does not start (${why})${tail ? `: ${tail}` : ''}`;
  return new SkepError('SKEP_SINK', message, `see ${layout.log}`);
}

function taken({ folder, engine }: StoreLayout): SkepError {
  const pid = holderOf(engine);
  return new SkepError(
    'SKEP_SINK',
    `the store in ${folder} is used by another process${pid === undefined ? '' : `, ${pid}`}`,
    'end that process, or choose another folder',
  );
}
