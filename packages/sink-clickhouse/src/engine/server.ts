import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { type Capabilities, capabilitiesOf } from '../capabilities.js';
import type { Engine, InsertRequest, QueryParameters } from '../engine.js';
import { literal, quoted } from '../schema/names.js';
import { type Codec, codecsFor } from './compression.js';
import { createConnection, type ServerSettings } from './connection.js';
import { StoreError, storeError } from './store-error.js';

const FILE_CHUNK_BYTES = 256 << 10;
/** More than any answer to an insert: the text of an exception. */
const MAX_ANSWER_BYTES = 16 << 10;

/** ClickHouse's HTTP interface: a server, or the embedded store behind a Unix socket. */
export class ServerEngine implements Engine {
  readonly name: string;
  private readonly settings: ServerSettings;
  private client: ClickHouseClient | undefined;
  private capabilities: Capabilities | undefined;
  private codecs: readonly Codec[] = [];

  constructor(settings: ServerSettings) {
    this.name = settings.name;
    this.settings = settings;
  }

  async connect(): Promise<Capabilities> {
    const [row] = await this.rows<{ version: string }>('SELECT version() AS version');
    if (typeof row?.version !== 'string') throw storeError(this.name, new Error('no version'));
    if (row.version !== this.capabilities?.version) {
      this.capabilities = capabilitiesOf(row.version);
      const { compress, url, socketPath } = this.settings;
      await this.useCodecs(socketPath ? [] : codecsFor(compress, new URL(url).hostname, this.capabilities));
    }
    return this.capabilities!;
  }

  async command(sql: string): Promise<void> {
    await this.attempt(async () => {
      const { stream, response_headers } = await this.connection().exec({ query: sql });
      await acknowledged(stream, response_headers);
    });
  }

  async rows<Row>(sql: string, parameters?: QueryParameters): Promise<Row[]> {
    return this.attempt(async () => {
      const result = await this.connection().query({
        query: sql,
        format: 'JSONEachRow',
        ...(parameters ? { query_params: { ...parameters } } : {}),
      });
      return await result.json<Row>();
    });
  }

  /** Only what this server knows is sent along; what it refuses all the same is left out from then on. */
  async insert(request: InsertRequest): Promise<void> {
    for (;;) {
      try {
        await this.attempt(() => this.send(request));
        return;
      } catch (error) {
        if (!(error instanceof StoreError && error.fault === 'settings' && (await this.doWithout(error)))) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.client?.close();
    this.client = undefined;
  }

  private async send({ table, columns, file, token }: InsertRequest): Promise<void> {
    const into = `INSERT INTO ${table} (${columns.map(quoted).join(', ')})`;
    const clickhouse_settings = {
      ...this.settings.insertSettings,
      ...(this.capabilities?.deduplicationToken ? { insert_deduplication_token: token } : {}),
      // On by default since 26.2; blocks of this size gain nothing from it.
      ...(this.capabilities?.asyncInsertSetting ? { async_insert: 0 as const } : {}),
    };
    const { stream, response_headers } = await this.connection().exec(
      this.settings.socketPath
        ? { query: `${into} FROM INFILE ${literal(file.path)} FORMAT Native`, clickhouse_settings }
        : {
            query: `${into} FORMAT Native`,
            values: createReadStream(file.path, { highWaterMark: FILE_CHUNK_BYTES }),
            clickhouse_settings,
          },
    );
    const answer = await acknowledged(stream, response_headers);
    if (answer.trim() !== '') throw new Error(answer);
  }

  /** Whether there was something to leave out that the server may have meant. */
  private async doWithout({ exception }: StoreError): Promise<boolean> {
    if (exception === 115 && this.capabilities?.deduplicationToken) {
      this.capabilities = { ...this.capabilities, deduplicationToken: false };
      return true;
    }
    if (exception === 115 && this.capabilities?.asyncInsertSetting) {
      this.capabilities = { ...this.capabilities, asyncInsertSetting: false };
      return true;
    }
    if (exception === 89 && this.codecs.length > 0) {
      await this.useCodecs(this.codecs.slice(1));
      return true;
    }
    return false;
  }

  /** A client has one codec for its life. */
  private async useCodecs(codecs: readonly Codec[]): Promise<void> {
    const before = this.codecs[0];
    this.codecs = codecs;
    if (codecs[0] !== before) await this.close();
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw storeError(this.name, cause);
    }
  }

  private connection(): ClickHouseClient {
    const [codec] = this.codecs;
    this.client ??= createConnection(this.settings, codec ? { codec } : {});
    return this.client;
  }
}

/**
 * The answer, read to its end: that frees the connection. A status of 200 alone acknowledges nothing: an exception may
 * follow it, and a proxy has pages of its own.
 */
async function acknowledged(stream: Readable, headers: Readonly<Record<string, unknown>> = {}): Promise<string> {
  let answer = '';
  for await (const chunk of stream) if (answer.length < MAX_ANSWER_BYTES) answer += (chunk as Buffer).toString();
  if (answer.includes('DB::Exception')) throw new Error(answer);
  if (!Object.keys(headers).some((name) => name.startsWith('x-clickhouse-'))) {
    throw new Error(answer === '' ? 'empty, without the headers of ClickHouse' : answer);
  }
  return answer;
}
