import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type OptionValues, option, SkepError } from '@skep/core';
import { COMPRESSIONS, type Compression, hasZstd } from './engine/compression.js';
import type { ServerSettings, TlsFiles } from './engine/connection.js';
import { insertSettings } from './schema/create.js';
import type { TableSettings } from './schema/table.js';
import type { SpoolSettings } from './spool/spool.js';
import type { EmbeddedSettings } from './store/embedded-engine.js';
import { tableOptions, tableSettings } from './table-options.js';

const spool = {
  path: option.string('Folder of blocks on their way to the store', { defaultText: './spool/<name of the sink>' }),
  size: option.size('Most bytes that wait there', { default: 1_000_000_000, defaultText: '1GB' }),
  age: option.duration('Rows that have waited longer are dropped', { defaultText: 'never' }),
  when_full: option.choice(
    'Wait, so that the kernel drops new events, or drop the oldest rows',
    ['block', 'drop-oldest'],
    {
      default: 'block',
    },
  ),
};

/** Options of the sink as YAML names them. */
export const options = {
  url: option.string('A server: http://host:8123, https://host:8443; or a folder of the embedded engine: chdb:./data', {
    default: 'http://127.0.0.1:8123',
  }),
  user: option.string('User of the server', { defaultText: '`default`' }),
  password: option.string('Its password: best as { file: ... } or { env: ... }', { defaultText: 'none' }),
  ...tableOptions,
  ca: option.string('PEM file of the authorities that https trusts', { defaultText: "Node.js's own" }),
  cert: option.string('PEM file of a certificate for the server, in place of a password or besides it'),
  key: option.string('PEM file of its key'),
  compress: option.choice(
    'How data is sent; auto: as it is to this machine, else the best both sides have',
    COMPRESSIONS,
    {
      default: 'auto',
    },
  ),
  timeout: option.duration('Longest silence of the server', { default: 60_000 }),
  max_size: option.size('Most bytes that the embedded engine keeps on disk; the oldest days are dropped', {
    defaultText: 'none',
  }),
  flush: option.duration('Longest time that rows wait in memory', { default: 5000 }),
  spool: option.group('Where rows wait for the store', spool),
} as const;

/** What the options mean, checked. */
export interface ClickHouseSettings {
  /** One of the two. */
  readonly server: ServerSettings | undefined;
  readonly store: EmbeddedSettings | undefined;
  readonly tables: TableSettings;
  readonly spool: SpoolSettings;
  readonly flushMs: number;
}

type Values = OptionValues<typeof options>;

/** @throws SkepError SKEP_OPTION for options that are malformed or do not go together. */
export function settingsOf(values: Values, name: string, folder: string): ClickHouseSettings {
  const sink = `sink ${name}`;
  const url = values.url ?? 'http://127.0.0.1:8123';
  const tables = tableSettings(values);
  const embedded = /^chdb:(.*)$/s.exec(url)?.[1];
  if (embedded !== undefined) refuseWithEmbedded(values, sink, embedded);
  else if (values.max_size !== undefined) {
    fail(`option "max_size" of ${sink} is for the embedded engine`, 'use ttl, or a quota of the server');
  }
  const spoolFolder = resolve(folder, values.spool?.path ?? `spool/${name}`);
  return {
    server: embedded === undefined ? serverSettings(values, tables, sink, url, folder) : undefined,
    store:
      embedded === undefined
        ? undefined
        : {
            folder: resolve(folder, embedded),
            spool: spoolFolder,
            database: tables.database,
            maxBytes: values.max_size,
            timeoutMs: values.timeout ?? 60_000,
          },
    tables,
    spool: {
      folder: spoolFolder,
      maxBytes: values.spool?.size ?? 1_000_000_000,
      maxAgeMs: values.spool?.age,
      whenFull: values.spool?.when_full === 'drop-oldest' ? 'drop-oldest' : 'block',
      sync: values.fsync,
    },
    flushMs: values.flush ?? 5000,
  };
}

function fail(message: string, remedy: string): never {
  throw new SkepError('SKEP_OPTION', message, remedy);
}

function refuseWithEmbedded(values: Values, sink: string, folder: string): void {
  if (folder === '') fail(`option "url" of ${sink}: chdb: needs a folder`, 'write chdb:./data');
  for (const key of ['user', 'password', 'ca', 'cert', 'key', 'cluster'] as const) {
    if (values[key] !== undefined) fail(`option "${key}" of ${sink} means nothing to the embedded engine`, 'remove it');
  }
}

function serverSettings(
  values: Values,
  tables: TableSettings,
  sink: string,
  text: string,
  folder: string,
): ServerSettings {
  const url = parseUrl(text, sink);
  const { user = 'default', password = '', compress = 'auto', timeout = 60_000 } = values;
  if (compress === 'zstd' && !hasZstd()) {
    fail(`option "compress" of ${sink}: zstd needs Node.js 22.15`, 'write compress: auto');
  }
  const tls = tlsFiles(values, sink, folder);
  if (tls && url.protocol === 'http:') fail(`options "ca", "cert" and "key" of ${sink} need https`, 'use an https url');
  return {
    name: url.href.replace(/\/$/, ''),
    url: url.href,
    user,
    password,
    ...(tls ? { tls } : {}),
    compress: compress as Compression,
    timeoutMs: timeout,
    insertSettings: insertSettings(tables),
  };
}

function parseUrl(text: string, sink: string): URL {
  const expected = 'write http://host:8123, https://host:8443 or chdb:./data';
  if (!URL.canParse(text)) return fail(`option "url" of ${sink} is not a URL`, expected);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    fail(`option "url" of ${sink}: skep does not speak ${url.protocol}`, expected);
  }
  // Addresses are shown in messages, and parameters would be settings of every statement.
  if (url.username !== '' || url.password !== '') {
    fail(`option "url" of ${sink} holds credentials`, 'use the options user and password: { file: ... }');
  }
  if (url.search !== '' || url.hash !== '') fail(`option "url" of ${sink} holds parameters`, 'leave them out');
  return url;
}

function tlsFiles({ ca, cert, key }: Values, sink: string, folder: string): TlsFiles | undefined {
  if ((cert === undefined) !== (key === undefined)) {
    fail(`options "cert" and "key" of ${sink} belong together`, 'give both or none');
  }
  if (ca === undefined && cert === undefined) return undefined;
  const read = (option: string, path: string): Buffer => {
    try {
      return readFileSync(resolve(folder, path));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      return fail(
        `option "${option}" of ${sink}: cannot read ${path} (${code})`,
        'see that the file is there and readable',
      );
    }
  };
  return {
    ...(ca === undefined ? {} : { ca: read('ca', ca) }),
    ...(cert === undefined ? {} : { cert: read('cert', cert) }),
    ...(key === undefined ? {} : { key: read('key', key) }),
  };
}
