import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as zlib from 'node:zlib';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { parseStatement, type Statement } from '../sql/statement.js';
import { DialectError } from './dialect-error.js';

/** What a request of ClickHouse's HTTP interface asks for. */
export interface StoreRequest {
  readonly id: string;
  readonly statement: Statement;
  readonly database: string | undefined;
  /** Used when the statement names none. */
  readonly defaultFormat: string;
  readonly settings: ReadonlyMap<string, string>;
  /** As in the URL: escaped as in TSV. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Data of an INSERT that stand behind the statement. */
  readonly body: Readable | undefined;
}

/** Parts of a URL that are no settings of the engine. */
const NO_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'stacktrace',
  'compress',
  'decompress',
  'buffer_size',
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'cancel_http_readonly_queries_on_client_close',
  'log_comment',
]);
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** Of SQL that comes as the body of a request, with the data of an INSERT that was written into it. */
const MAX_TEXT_BYTES = 16 << 20;

export async function readRequest(message: IncomingMessage): Promise<StoreRequest> {
  const url = new URL(message.url ?? '/', 'http://store');
  const settings = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (NO_SETTINGS.has(name)) continue;
    const parameter = name.startsWith('param_') ? name.slice('param_'.length) : undefined;
    if (!NAME.test(parameter ?? name))
      throw new DialectError(115, 'UNKNOWN_SETTING', `Unknown setting ${JSON.stringify(name)}`);
    if (parameter === undefined) settings.set(name, value);
    else parameters.set(parameter, value);
  }
  const inUrl = url.searchParams.get('query') ?? '';
  const body = decoded(message);
  let statement = parseStatement(inUrl);
  const takesBody = statement.insert !== undefined && statement.insert.infile === undefined;
  if (!takesBody) {
    const inBody = await textOf(body);
    if (inBody !== '') statement = parseStatement(inUrl === '' ? inBody : `${inUrl}\n${inBody}`);
  }
  return {
    id: url.searchParams.get('query_id') || randomUUID(),
    statement,
    database: url.searchParams.get('database') || undefined,
    defaultFormat: url.searchParams.get('default_format') || 'TabSeparated',
    settings,
    parameters,
    body: takesBody ? body : undefined,
  };
}

/** The setting `readonly` of a server: 1, or 2 when settings may be changed. */
export function isReadonly({ settings }: Pick<StoreRequest, 'settings'>): boolean {
  return !['', '0', undefined].includes(settings.get('readonly'));
}

async function textOf(body: Readable): Promise<string> {
  let bytes = 0;
  const bounded = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_TEXT_BYTES) throw new DialectError(62, 'SYNTAX_ERROR', 'Max query size exceeded');
      yield chunk;
    }
  };
  return text(bounded());
}

function decoded(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return message;
  const transform = decoder(encoding);
  if (!transform) throw new DialectError(89, 'UNKNOWN_COMPRESSION_METHOD', `Unknown compression method ${encoding}`);
  // Its errors come out of the transform, to whoever reads it: they may come before anybody does.
  transform.on('error', () => undefined);
  pipeline(message, transform, () => undefined);
  return transform;
}

function decoder(encoding: string): Transform | undefined {
  switch (encoding) {
    case 'gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      // node:zlib has zstd from Node 22.15 on.
      return (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress?.();
    default:
      return undefined;
  }
}
