import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Answer } from './answer.js';
import { DialectError } from './dialect-error.js';
import { type Embedded, MAX_INSERTS, MAX_QUERIES } from './embedded.js';
import type { StoreLayout } from './layout.js';
import { Leases } from './leases.js';
import { readRequest, type StoreRequest } from './request.js';
import { dataOf, runInsert } from './run-insert.js';
import { runQuery } from './run-query.js';
import { Turns } from './turns.js';

/** KILL QUERY by the id that clients know; the engine has ids of its own. */
const KILL_BY_ID = /^KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*'([^'\\]*)'\s*(?:SYNC|ASYNC)?$/i;

/**
 * ClickHouse's HTTP interface over the embedded engine, on a Unix socket: as much of it as the official client uses,
 * and `/lease` for those who need the store to stay.
 */
export class StoreServer {
  private readonly server: Server;
  private readonly leases: Leases;
  private readonly queries = new Turns(MAX_QUERIES);
  private readonly inserts = new Turns(MAX_INSERTS);
  private readonly running = new Map<string, Promise<void>>();

  private readonly engine: Embedded;
  private readonly layout: StoreLayout;

  constructor(engine: Embedded, layout: StoreLayout, onUnused: () => void) {
    this.engine = engine;
    this.layout = layout;
    this.leases = new Leases(() => {
      // Whoever waits for an answer is there.
      if (this.running.size === 0) onUnused();
    });
    this.server = createServer((message, response) => void this.handle(message, response));
    // A query may be silent for as long as it runs, and a lease for ever.
    this.server.requestTimeout = 0;
    this.server.timeout = 0;
    // Closed while the next request is on its way, an idle connection would fail it.
    this.server.keepAliveTimeout = 0;
  }

  /** The socket is this user's alone from its first moment on. `path` is relative to the current folder or short. */
  async listen(path: string): Promise<void> {
    rmSync(path, { force: true });
    const mask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject);
        this.server.listen(path, resolve);
      });
    } finally {
      process.umask(mask);
    }
    chmodSync(path, 0o600);
  }

  /** Take no more requests, and settle when those that run have ended. */
  async close(): Promise<void> {
    this.leases.end();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    for (const id of this.running.keys()) await this.engine.kill(id);
    await Promise.allSettled(this.running.values());
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(message.url ?? '/', 'http://store');
    if (pathname === '/ping') {
      response.end('Ok.\n');
      return this.leases.touch();
    }
    if (pathname === '/lease') {
      try {
        this.leases.take(response, searchParams.get('spool') ?? undefined);
      } catch (error) {
        new Answer(response, '', '').fail(error);
      }
      return;
    }
    await this.answer(message, response);
    this.leases.touch();
  }

  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let request: StoreRequest;
    try {
      request = await readRequest(message);
      if (this.running.has(request.id)) {
        throw new DialectError(
          216,
          'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
          `Query with id = ${request.id} is already running`,
        );
      }
    } catch (error) {
      return new Answer(response, '', 'TabSeparated').fail(error);
    }
    const answer = new Answer(response, request.id, request.statement.format ?? request.defaultFormat);
    const work =
      request.statement.kind === 'insert'
        ? this.insert(request, message, answer)
        : this.query(request, response, answer);
    this.running.set(request.id, work);
    try {
      await work;
    } finally {
      this.running.delete(request.id);
    }
  }

  private async query(request: StoreRequest, response: ServerResponse, answer: Answer): Promise<void> {
    const [, id] = KILL_BY_ID.exec(request.statement.text) ?? [];
    if (id !== undefined) {
      await this.engine.kill(id);
      return answer.send(nothing());
    }
    let isGone = false;
    const leave = (): void => {
      isGone = true;
      // Nobody reads the rest.
      void this.engine.kill(request.id).catch(() => undefined);
    };
    response.once('close', leave);
    try {
      await this.queries.take(async () => {
        if (!isGone) await answer.send(runQuery(this.engine, request));
      });
    } catch (error) {
      answer.fail(error);
    } finally {
      response.off('close', leave);
    }
  }

  private async insert(request: StoreRequest, message: IncomingMessage, answer: Answer): Promise<void> {
    try {
      const bytes = Number(message.headers['content-length'] ?? Number.POSITIVE_INFINITY);
      const places = { allowed: this.leases.folders(), scratch: this.layout.scratch };
      const data = await dataOf(request, bytes, places);
      try {
        // A body that ends early is no body: its rows must not be stored.
        if (!message.complete)
          throw new DialectError(210, 'NETWORK_ERROR', 'The client left in the middle of the data');
        await this.inserts.take(() => runInsert(this.engine, request, data));
      } finally {
        await data.close();
      }
      await answer.send(nothing());
    } catch (error) {
      answer.fail(error);
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
