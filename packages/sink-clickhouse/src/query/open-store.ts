import { statSync } from 'node:fs';
import { type EventStore, type Log, type OptionValues, SkepError } from '@skep/core';
import type { ServerSettings } from '../engine/connection.js';
import { ServerEngine } from '../engine/server.js';
import { type options, settingsOf } from '../settings.js';
import type { EmbeddedSettings } from '../store/embedded-engine.js';
import { layoutOf } from '../store/layout.js';
import { takeLease } from '../store/lease.js';
import { socketPathIn } from '../store/socket-path.js';
import { startStore } from '../store/start.js';
import { ClickHouseStore } from './clickhouse-store.js';

/** `queries.open` of the sink. */
export async function openStore(
  values: OptionValues<typeof options>,
  { name, folder, log }: { readonly name: string; readonly folder: string; readonly log: Log },
): Promise<EventStore> {
  const { server, store, tables } = settingsOf(values, name, folder);
  const { database } = tables;
  const opened = store
    ? await openEmbedded(store, database, log)
    : new ClickHouseStore({ settings: server!, database, engine: new ServerEngine(server!) });
  try {
    await opened.connect();
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Through the process that an agent runs, or one of our own, which ends when nobody needs it any more. */
async function openEmbedded(
  { folder, timeoutMs }: EmbeddedSettings,
  database: string,
  log: Log,
): Promise<ClickHouseStore> {
  await checkOwner(folder);
  const handle = await startStore(folder, { log });
  const settings: ServerSettings = {
    name: folder,
    url: 'http://store/',
    user: 'default',
    password: '',
    compress: 'none',
    timeoutMs,
    socketPath: handle.socketPath,
  };
  return new ClickHouseStore({ settings, database, engine: new ServerEngine(settings), close: () => handle.close() });
}

/**
 * A question makes no store, and leaves none behind that its agent cannot read: files of the engine belong to who
 * starts it.
 */
async function checkOwner(folder: string): Promise<void> {
  const layout = layoutOf(folder);
  const owner = ownerOf(layout.folder);
  const user = process.getuid!();
  if (owner === user) {
    if (ownerOf(layout.engine) === undefined) throw missing(layout.folder);
    return;
  }
  if (owner === undefined) throw missing(layout.folder);
  if (user === 0 && (await isRunning(layout.folder))) return;
  const remedy = owner === 0 ? 'ask as root' : `ask as that user: sudo -u '#${owner}' skep query ...`;
  throw new SkepError('SKEP_PERMISSION', `the store in ${layout.folder} belongs to user ${owner}`, remedy);
}

/** Undefined when it is not there. */
function ownerOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.uid;
  } catch (cause) {
    const message = `cannot look into ${path}: ${(cause as Error).message}`;
    throw new SkepError('SKEP_PERMISSION', message, 'ask as the user who runs the agent', { cause });
  }
}

async function isRunning(folder: string): Promise<boolean> {
  const socket = await socketPathIn(folder);
  try {
    const lease = await takeLease(socket.path, undefined);
    lease?.end();
    return lease !== undefined;
  } finally {
    await socket.close();
  }
}

function missing(folder: string): SkepError {
  const remedy = 'an agent makes it when it first stores something: skep run';
  return new SkepError('SKEP_STORE', `there is no store in ${folder}`, remedy);
}
