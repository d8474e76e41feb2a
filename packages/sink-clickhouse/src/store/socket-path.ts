import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { SOCKET_NAME } from './layout.js';

/** `sun_path` of unix(7) has 108 bytes, with the zero at the end. */
const MAX_PATH_BYTES = 107;

export interface SocketPath {
  readonly path: string;
  close(): Promise<void>;
}

/** A path to the socket in `folder` that fits into an address: a long one leads through an open descriptor. */
export async function socketPathIn(folder: string): Promise<SocketPath> {
  const path = join(folder, SOCKET_NAME);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, close: async () => undefined };
  const opened: FileHandle = await open(folder, 'r');
  return { path: `/proc/self/fd/${opened.fd}/${SOCKET_NAME}`, close: () => opened.close() };
}
