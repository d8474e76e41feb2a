import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { freePort } from '@skep/testing';

/** What a fault does to one insert; each is something that a network, a proxy or a server does. */
export const FAULTS = [
  'cut before the body',
  'cut within the body',
  'body ends early',
  'cut after the body',
  'cut after it was stored',
  'answer is cut',
  'late',
  'error 500 of a proxy',
  'error 503 of a proxy',
  '200 of a proxy',
  '200 with an exception inside',
  'too many parts',
  'memory limit',
  'no answer',
  'not HTTP',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Stands between a sink and a store, and does to inserts what `next` says. Everything else passes. */
export class FaultProxy {
  /** Faults that happened, by kind. */
  readonly seen = new Map<FaultKind, number>();
  /** Asked for each insert of rows. */
  next: () => FaultKind | undefined = () => undefined;
  private readonly server: Server;
  private readonly backend: RequestOptions;
  private readonly path: string | undefined;
  private port = 0;

  private constructor(backend: RequestOptions, path: string | undefined) {
    this.backend = backend;
    this.path = path;
    this.server = createServer((incoming, response) => {
      // A peer that goes away is what this is about.
      incoming.on('error', () => {});
      response.on('error', () => {});
      void statementOf(incoming).then((statement) => {
        const fault = statement.includes('INSERT INTO `skep`.`tool_') ? this.next() : undefined;
        if (fault) this.seen.set(fault, (this.seen.get(fault) ?? 0) + 1);
        this.handle(fault, incoming, response);
      });
    });
  }

  /**
   * @param backend address of the store, as http.request takes it
   * @param path of the Unix socket to listen at; default: a port
   */
  static async start(backend: RequestOptions, path?: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(backend, path);
    // None of those that the kernel gives to connections: while the proxy is away, one could take it.
    if (path === undefined) proxy.port = await freePort();
    await proxy.listen();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get faults(): number {
    return [...this.seen.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Nobody listens from now on. */
  async away(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** Listen, at the same port as before. */
  async listen(): Promise<void> {
    const where = this.path === undefined ? { port: this.port, host: '127.0.0.1' } : { path: this.path };
    this.server.listen(where);
    await once(this.server, 'listening');
  }

  private handle(fault: FaultKind | undefined, incoming: IncomingMessage, response: ServerResponse): void {
    const { socket } = incoming;
    const exception = (status: number, text: string) => {
      incoming.resume();
      incoming.on('end', () => {
        response.writeHead(status, { 'X-ClickHouse-Server-Display-Name': 'proxy' }).end(`${text}\n`);
      });
    };
    switch (fault) {
      case undefined:
        this.forward(incoming, response);
        return;
      case 'cut before the body':
        socket.destroy();
        return;
      case 'cut within the body':
      case 'body ends early': {
        const upstream = this.upstream(incoming);
        upstream.on('response', (answer) => {
          if (socket.destroyed) answer.resume();
          else {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          }
        });
        upstream.on('error', () => socket.destroy());
        // It may wait for the rest: until the sender loses patience.
        socket.once('close', () => upstream.destroy());
        incoming.once('data', (chunk: Buffer) => {
          incoming.pause();
          upstream.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => {
            if (fault === 'cut within the body') {
              upstream.destroy();
              if (this.path === undefined) socket.resetAndDestroy();
              else socket.destroy();
            } else {
              incoming.resume();
              upstream.end();
            }
          });
        });
        incoming.resume();
        return;
      }
      case 'cut after the body':
      case 'cut after it was stored': {
        const upstream = this.upstream(incoming);
        upstream.on('error', () => socket.destroy());
        upstream.on('response', (answer) => answer.resume().on('end', () => socket.destroy()));
        incoming.pipe(upstream);
        if (fault === 'cut after the body') incoming.on('end', () => socket.destroy());
        return;
      }
      case 'answer is cut': {
        const upstream = this.upstream(incoming);
        upstream.on('error', () => socket.destroy());
        upstream.on('response', (answer) => {
          answer.resume();
          answer.on('end', () => {
            socket.write('HTTP/1.1 200 OK\r\nX-ClickHouse-Server-Display-Name: x\r\nContent-Length: 10\r\n\r\n12', () =>
              socket.destroy(),
            );
          });
        });
        incoming.pipe(upstream);
        return;
      }
      case 'late':
        setTimeout(() => this.forward(incoming, response), 200);
        return;
      case 'error 500 of a proxy':
      case 'error 503 of a proxy':
        incoming.resume();
        response.writeHead(fault === 'error 500 of a proxy' ? 500 : 503, { 'Content-Type': 'text/html' });
        response.end('<html><body>upstream is away</body></html>');
        return;
      case '200 of a proxy':
        incoming.resume();
        incoming.on('end', () => response.writeHead(200).end());
        return;
      case '200 with an exception inside':
        exception(200, 'Code: 210. DB::NetException: Connection reset by peer. DB::Exception (NETWORK_ERROR)');
        return;
      case 'too many parts':
        exception(
          500,
          'Code: 252, e.displayText() = DB::Exception: Too many parts (300). Merges are slower than inserts.',
        );
        return;
      case 'memory limit':
        exception(500, 'Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)');
        return;
      case 'no answer':
        incoming.resume();
        return;
      case 'not HTTP':
        socket.end('SSH-2.0-OpenSSH_9.2p1\r\n');
    }
  }

  private forward(incoming: IncomingMessage, response: ServerResponse): void {
    const upstream = this.upstream(incoming);
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => incoming.socket.destroy());
    incoming.pipe(upstream);
  }

  private upstream(incoming: IncomingMessage) {
    const { method = 'POST', url = '/', headers } = incoming;
    // A connection of its own, so that cutting one spoils no other.
    return request({ ...this.backend, method, path: url, headers: { ...headers, connection: 'close' }, agent: false });
  }
}

/** The statement of a request: in its URL when a body of rows follows, else the body, which can still be read. */
async function statementOf(incoming: IncomingMessage): Promise<string> {
  const query = new URL(incoming.url ?? '/', 'http://store').searchParams.get('query');
  if (query !== null) return query;
  while (incoming.readableLength === 0 && !incoming.readableEnded && !incoming.destroyed) {
    await new Promise<void>((resolve) => incoming.once('readable', resolve).once('close', resolve));
  }
  const start: Buffer | null = incoming.read();
  if (start === null) return '';
  incoming.unshift(start);
  return start.toString();
}
