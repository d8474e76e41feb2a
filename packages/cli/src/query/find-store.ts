import { existsSync, readFileSync } from 'node:fs';
import { type EventStore, type OptionDefinition, type OptionValues, parseOption, SkepError, suggest } from '@skep/core';
import { createCatalog, type LoadedSink, loadConfig, type SinkInstance } from '@skep/runner';
import { createLog } from '../log.js';

/** Which store is asked. */
export interface StoreFlags {
  readonly config?: string;
  readonly sink?: string;
  readonly url?: string;
  readonly database?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

/** The sink that answers for a store that no configuration names. */
const SINK = 'clickhouse';
/** Where a configuration is looked for: that of `skep run`, then that of `npm start`. */
const FILES = ['./skep.yaml', './configs/quickstart.yaml'];

/** The sink whose queries are listed when there is no configuration. */
export async function storeSink(): Promise<LoadedSink> {
  return createCatalog(process.cwd()).sink(SINK);
}

/** @throws SkepError SKEP_USAGE when nothing says which store, or more than one is meant; what opening it throws. */
export async function openStore(flags: StoreFlags): Promise<EventStore> {
  if (flags.url !== undefined) return openUrl(flags.url, flags);
  for (const [flag, value] of [
    ['--user', flags.user],
    ['--password-file', flags.passwordFile],
  ] as const) {
    if (value !== undefined) throw new SkepError('SKEP_USAGE', `${flag} goes with --url`, 'the sink has its own');
  }
  const file = flags.config ?? FILES.find((path) => existsSync(path));
  if (file === undefined) {
    throw new SkepError(
      'SKEP_USAGE',
      `which store? there is no ${FILES.join(' and no ')}`,
      'give -c FILE, or --url http://127.0.0.1:8123, or --url chdb:DIR',
    );
  }
  const config = await loadConfig(file);
  const { name, sink, options } = chooseSink(config.sinks, config.file, flags.sink);
  const changed = flags.database === undefined ? options : { ...options, database: flags.database };
  return sink.definition.queries!.open(changed, { name, folder: config.folder, log: createLog('error') });
}

function chooseSink(sinks: readonly SinkInstance[], file: string, wanted: string | undefined): SinkInstance {
  const stores = sinks.filter(({ sink }) => sink.definition.queries);
  const names = stores.map(({ name }) => name);
  if (stores.length === 0) {
    throw new SkepError(
      'SKEP_USAGE',
      `${file}: no sink stores rows that can be asked for`,
      'add one such as { use: clickhouse, url: "chdb:./data" }, or give --url',
    );
  }
  if (wanted !== undefined) {
    const found = stores.find(({ name }) => name === wanted);
    if (!found) throw new SkepError('SKEP_USAGE', `${file}: no store "${wanted}"`, suggest(wanted, names));
    return found;
  }
  if (stores.length > 1) {
    throw new SkepError(
      'SKEP_USAGE',
      `${file} has ${stores.length} stores`,
      `choose: --sink ${names.join(' or --sink ')}`,
    );
  }
  return stores[0]!;
}

async function openUrl(url: string, { database, user, passwordFile, sink }: StoreFlags): Promise<EventStore> {
  if (sink !== undefined) throw new SkepError('SKEP_USAGE', '--sink goes with a configuration, not with --url');
  const loaded = await storeSink();
  const password = passwordFile === undefined ? undefined : readPassword(passwordFile);
  const given: Readonly<Record<string, string | undefined>> = { url, database, user, password };
  const definitions = (loaded.definition.options ?? {}) as Readonly<Record<string, OptionDefinition>>;
  const values = Object.entries(definitions).map(([name, definition]) => [
    name,
    given[name] === undefined ? definition.default : parseOption('--url', name, definition, given[name]),
  ]);
  return loaded.definition.queries!.open(Object.fromEntries(values) as OptionValues, {
    name: '--url',
    folder: process.cwd(),
    log: createLog('error'),
  });
}

function readPassword(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SkepError('SKEP_USAGE', `--password-file: cannot read ${path} (${code})`, '', { cause });
  }
}
