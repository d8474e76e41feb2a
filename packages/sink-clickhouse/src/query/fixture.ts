import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Batch,
  type EventStore,
  type OptionDefinition,
  type OptionValues,
  parseOption,
  type Schema,
  type StoreAnswer,
  type StoreQuestion,
} from '@skep/core';
import { everyStream, loadPlugin } from '@skep/runner/tool';
// As it is built: the store process is a program of its own.
import definition from '@skep/sink-clickhouse';
import { ClickHouseServer, hasClickHouse } from '@skep/testing';
import type { ClickHouseSink } from '../clickhouse-sink.js';
import { ENGINES } from '../engines/fixture.js';
import { contextOf } from '../fixture.js';
import { options } from '../settings.js';
import { goneProcess } from '../store/fixture.js';

/** Where a store of the test's own is, with what it takes to remove it. */
export interface Place {
  readonly url: string;
  readonly folder: string;
  remove(): Promise<void>;
}

/** Stores that this machine has. */
export const PLACES: readonly (readonly [name: string, make: () => Promise<Place>])[] = [
  ...(hasClickHouse() ? [['a server', serverPlace] as const] : []),
  ...(ENGINES.some(([name]) => name === 'the embedded engine')
    ? [['the embedded engine', embeddedPlace] as const]
    : []),
];

async function serverPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'skep-query-'));
  const server = await ClickHouseServer.start();
  return {
    url: server.url,
    folder,
    remove: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function embeddedPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'skep-query-'));
  return {
    url: 'chdb:./store',
    folder,
    // The process ends a few seconds after its last user, and needs its folder until then.
    remove: async () => {
      const path = join(folder, 'store', 'store.pid');
      if (existsSync(path)) await goneProcess(Number(readFileSync(path, 'utf8')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function valuesOf(raw: Readonly<Record<string, unknown>>): OptionValues {
  return Object.fromEntries(
    Object.entries(options as Readonly<Record<string, OptionDefinition>>).map(([name, one]) => [
      name,
      name in raw ? parseOption('sink store', name, one, raw[name]) : one.default,
    ]),
  ) as OptionValues;
}

/** The streams of a plugin, as they are without options. */
export async function streamsOf(plugin: string): Promise<readonly Schema[]> {
  return everyStream(await loadPlugin(plugin, [process.cwd()]));
}

/** Store these batches as an agent does. */
export async function storeBatches({ url, folder }: Place, batches: readonly Batch[]): Promise<void> {
  const context = contextOf(folder);
  const sink = definition.create(valuesOf({ url }) as never, context);
  await sink.open([...new Set(batches.map(({ schema }) => schema))]);
  for (const batch of batches) await sink.write(batch);
  // A store that is still starting may take longer than one flush waits.
  do await sink.flush();
  while ((sink as ClickHouseSink).status.blocks > 0);
  await sink.close();
  if (context.logged.length > 0) throw new Error(context.logged.join('\n'));
}

export function openPlace({ url, folder }: Place): Promise<EventStore> {
  return definition.queries!.open(valuesOf({ url }) as never, { name: 'store', folder, log: contextOf(folder).log });
}

export type Ask = Partial<StoreQuestion> & Pick<StoreQuestion, 'statement'>;

export function ask(store: EventStore, question: Ask): Promise<StoreAnswer> {
  const signal = new AbortController().signal;
  return store.ask({ origin: 'query', parameters: {}, format: 'rows', write: false, signal, ...question });
}

/** The bytes of an answer as text. */
export async function textOf(store: EventStore, question: Ask): Promise<string> {
  const answer = await ask(store, { format: 'json', ...question });
  if (answer.kind !== 'bytes') throw new Error('rows');
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function rowsOf(store: EventStore, question: Ask): Promise<Record<string, unknown>[]> {
  const text = await textOf(store, question);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
