import * as http from 'node:http';
import * as https from 'node:https';
import { type ClickHouseClient, ClickHouseLogLevel, createClient, type Logger } from '@clickhouse/client';
import { type Codec, type Compression, REQUEST_COMPRESSION } from './compression.js';

export interface ServerSettings {
  /** For messages: without credentials. */
  readonly name: string;
  /** `http:` or `https:`, without credentials. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly tls?: TlsFiles;
  readonly compress: Compression;
  /** Longest silence of the server. */
  readonly timeoutMs: number;
  /** Of every insert, such as `insert_distributed_sync`. */
  readonly insertSettings?: Readonly<Record<string, string>>;
  /** The process at this Unix socket is asked, and reads sealed files itself: the embedded store. */
  readonly socketPath?: string;
}

/** Contents of PEM files. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Inserts in flight, and statements beside them. */
const MAX_CONNECTIONS = 4;
/** Servers close idle connections after 3 seconds (18.16) or more; a request on one that is being closed fails. */
const IDLE_MS = 2000;

/** What the client would log is said by the errors it throws. */
class NoLogger implements Logger {
  trace(): void {}
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}

/** What differs between those who use a connection. */
export interface ConnectionOptions {
  /** Of what is sent. */
  readonly codec?: Codec;
  /** Where names without a database are looked up; it need not exist for other statements. */
  readonly database?: string;
  /** Default: that of the settings. */
  readonly timeoutMs?: number;
}

/** The official client with settings that survive servers and proxies as they are. */
export function createConnection(settings: ServerSettings, options: ConnectionOptions = {}): ClickHouseClient {
  const { url, user, password, tls, socketPath } = settings;
  const { codec, database, timeoutMs = settings.timeoutMs } = options;
  const agent = { keepAlive: true, maxSockets: MAX_CONNECTIONS, ...(socketPath ? { socketPath } : {}) };
  // A certificate of ours stands for the password.
  const byCertificate = tls?.cert !== undefined && password === '';
  const { origin, pathname } = new URL(url);
  return createClient({
    url: origin,
    // Otherwise the client takes a path, that of a proxy, for the name of a database.
    ...(pathname === '/' ? {} : { pathname }),
    username: user,
    password,
    application: 'skep',
    ...(database === undefined ? {} : { database }),
    request_timeout: timeoutMs,
    max_open_connections: MAX_CONNECTIONS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_MS, eagerly_destroy_stale_sockets: true },
    http_agent: url.startsWith('https:') ? new https.Agent({ ...agent, ...tls }) : new http.Agent(agent),
    set_basic_auth_header: !byCertificate,
    ...(byCertificate
      ? { http_headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-SSL-Certificate-Auth': 'on' } }
      : {}),
    ...(codec ? { compression: { request: REQUEST_COMPRESSION[codec] } } : {}),
    log: { LoggerClass: NoLogger, level: ClickHouseLogLevel.OFF },
  });
}
