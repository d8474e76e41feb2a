import { createRequire } from 'node:module';
import { SkepError } from '@skep/core';

/** What skep uses of the package `chdb`; its own types would make it a dependency of every build. */
export interface ChdbSession {
  queryAsync(sql: string, options?: { readonly format?: string }): Promise<ChdbResult>;
  queryStream(sql: string, options?: { readonly format?: string }): ChdbStream;
  close(): void;
}

export interface ChdbResult {
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  bytes(): Uint8Array;
  text(): string;
}

export interface ChdbStream extends AsyncIterable<ChdbChunk> {
  cancel(): void;
}

export interface ChdbChunk {
  raw(): Uint8Array;
}

interface Chdb {
  readonly Session: new (folder: string, options?: { readonly connectionArgs?: readonly string[] }) => ChdbSession;
  drainPending(): Promise<void>;
}

const require = createRequire(import.meta.url);
const REMEDY_SERVER = 'store to a server: url: http://127.0.0.1:8123';

/**
 * Load the embedded engine. Only in the store's process and on its main thread: the end of a worker thread that has
 * loaded it hangs or crashes the process.
 *
 * @throws SkepError SKEP_LIBRARY when it is not installed or does not run on this platform.
 */
export function loadChdb(): Chdb {
  requireChdb();
  try {
    return require('chdb') as Chdb;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new SkepError('SKEP_LIBRARY', `the embedded engine cannot be loaded: ${reason}`, REMEDY_SERVER, { cause });
  }
}

/**
 * Look whether the embedded engine can be had here, without loading it.
 *
 * @throws SkepError SKEP_LIBRARY
 */
export function requireChdb(): void {
  const { platform, arch } = process;
  const isMusl = platform === 'linux' && !hasGlibc();
  if (platform !== 'linux' || isMusl || !['x64', 'arm64'].includes(arch)) {
    const here = `${platform} ${arch}${isMusl ? ' with musl' : ''}`;
    const message = `the embedded engine runs on Linux with glibc, x64 or arm64; this is ${here}`;
    throw new SkepError('SKEP_LIBRARY', message, REMEDY_SERVER);
  }
  try {
    require.resolve('chdb');
  } catch (cause) {
    throw new SkepError(
      'SKEP_LIBRARY',
      'the embedded engine is not installed: there is no package chdb',
      `npm install chdb (about 550 MB on disk), or ${REMEDY_SERVER}`,
      { cause },
    );
  }
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
