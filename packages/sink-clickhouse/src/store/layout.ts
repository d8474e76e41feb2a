import { join, resolve } from 'node:path';

/** What lies in the folder of a store. */
export interface StoreLayout {
  readonly folder: string;
  /** Of the engine; it locks it, so that one process has it at a time. */
  readonly engine: string;
  readonly socket: string;
  /** Process id of the store, for messages. */
  readonly pid: string;
  readonly log: string;
  /** Bodies of inserts, without a name. */
  readonly scratch: string;
}

export const SOCKET_NAME = 'store.sock';

/** The store's exit code when another process has the folder: that one's socket is, or will be, the one to use. */
export const EXIT_TAKEN = 75;

/** Threads of libuv's pool: every statement keeps one busy, and files need some too. */
export const POOL_THREADS = 20;

export function layoutOf(folder: string): StoreLayout {
  const path = resolve(folder);
  return {
    folder: path,
    engine: join(path, 'engine'),
    socket: join(path, SOCKET_NAME),
    pid: join(path, 'store.pid'),
    log: join(path, 'store.log'),
    scratch: path,
  };
}
