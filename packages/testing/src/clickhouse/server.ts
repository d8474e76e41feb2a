import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseConfig, configXml, usersXml } from './config.js';
import { freePort } from './free-port.js';
import { spawnTied } from './spawn-tied.js';

/** A second alone; many on a machine that is busy with other tests. */
const START_MS = 120_000;
const STOP_MS = 60_000;
/** Bytes of the server's log that are kept for the message of a failed start. */
const LOG_BYTES = 8192;

export interface ClickHouseOptions extends Partial<Omit<ClickHouseConfig, 'folder'>> {
  /** Default: a new temporary folder, removed by `close()`. */
  readonly folder?: string;
  /** Do not start it yet: for servers that have to know each other's ports. */
  readonly stopped?: boolean;
}

/** Program and first arguments of a ClickHouse server; `SKEP_TEST_CLICKHOUSE` names one other than Debian's. */
function command(): readonly [string, ...string[]] {
  const chosen = process.env.SKEP_TEST_CLICKHOUSE;
  return chosen ? [chosen, 'server'] : ['clickhouse-server'];
}

/** Whether this machine has a ClickHouse server (Debian: clickhouse-server). */
export function hasClickHouse(): boolean {
  return spawnSync(command()[0], ['--help'], { stdio: 'ignore' }).error === undefined;
}

/**
 * A real ClickHouse server on the loopback interface, with a folder and ports of its own.
 *
 * `stop()` and `kill()` leave the folder, and `start()` brings the same server back on the same ports; `close()`
 * stops it and removes the folder.
 */
export class ClickHouseServer {
  readonly config: ClickHouseConfig;
  private readonly ownsFolder: boolean;
  private process: ChildProcess | undefined;
  private log = '';

  private constructor(config: ClickHouseConfig, ownsFolder: boolean) {
    this.config = config;
    this.ownsFolder = ownsFolder;
  }

  /** @throws Error when it does not answer within two minutes, with the end of its log. */
  static async start(options: ClickHouseOptions = {}): Promise<ClickHouseServer> {
    const { folder = mkdtempSync(join(tmpdir(), 'skep-clickhouse-')), stopped = false, ...rest } = options;
    const config: ClickHouseConfig = {
      httpPort: rest.httpPort ?? (await freePort()),
      tcpPort: rest.tcpPort ?? (await freePort()),
      interserverPort: rest.interserverPort ?? (await freePort()),
      extra: rest.extra ?? '',
      settings: rest.settings ?? {},
      password: rest.password ?? '',
      folder,
    };
    const server = new ClickHouseServer(config, options.folder === undefined);
    if (!stopped) await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.config.httpPort}`;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  async start(): Promise<void> {
    if (this.process) return;
    const { folder } = this.config;
    for (const name of ['data', 'tmp', 'user_files', 'format_schemas']) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    writeFileSync(join(folder, 'config.xml'), configXml(this.config));
    writeFileSync(join(folder, 'users.xml'), usersXml(this.config));
    // A server of an old version refuses a data folder of another user than its own: both are this one.
    const child = spawnTied([...command(), `--config-file=${join(folder, 'config.xml')}`], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.log = '';
    const keep = (chunk: Buffer) => {
      this.log = (this.log + chunk.toString()).slice(-LOG_BYTES);
    };
    child.stdout!.on('data', keep);
    child.stderr!.on('data', keep);
    child.on('error', (error) => keep(Buffer.from(error.message)));
    this.process = child;
    await this.untilReady(child);
  }

  /** SIGTERM; settles when the process is gone. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** SIGKILL: what a power cut leaves of the process. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async close(): Promise<void> {
    await this.stop();
    if (this.ownsFolder) rmSync(this.config.folder, { recursive: true, force: true });
  }

  /**
   * Run one statement and return the answer's text; `body` is the data of an INSERT.
   *
   * @throws Error with the server's own message.
   */
  async query(sql: string, body?: Uint8Array | string, settings: Readonly<Record<string, string>> = {}) {
    return (await this.queryBytes(sql, body, settings)).toString();
  }

  /** As `query`, for answers that are not text. */
  async queryBytes(
    sql: string,
    body?: Uint8Array | string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Buffer> {
    const parameters = new URLSearchParams(body === undefined ? settings : { ...settings, query: sql });
    const { status, answer } = await post(`${this.url}/?${parameters}`, body ?? sql, {
      'X-ClickHouse-User': 'default',
      'X-ClickHouse-Key': this.config.password,
    }).catch((error: Error) => {
      throw new Error(this.process ? `${error.message}; the end of the server's log:\n${this.log}` : error.message);
    });
    if (status !== 200) throw new Error(answer.toString().trim());
    return answer;
  }

  private async untilReady(child: ChildProcess): Promise<void> {
    for (const end = Date.now() + START_MS; Date.now() < end; ) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) break;
      const ready = await fetch(`${this.url}/ping`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.kill();
    throw new Error(`${command()[0]} did not start:\n${this.log}`);
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }
}

/** A connection of its own: servers close idle ones after 3 s, and a pool notices too late. */
function post(
  url: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number | undefined; readonly answer: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, answer: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
