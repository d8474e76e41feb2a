import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineSources } from './apt.js';
import { debianMirrors } from './apt-sources.js';

/** Take a request over, or not: true when it did. `size` is what the suite's list of packages says. */
export type Fault = (path: string, response: ServerResponse, size: number) => boolean;

export interface FaultyMirror {
  readonly address: string;
  fault: Fault;
  close(): Promise<void>;
}

/**
 * A mirror on the loopback device that stands before the machine's own: what it passes on is the real archive with its
 * real signatures, fetched once by apt's own downloader; packages themselves are never fetched.
 */
export async function faultyMirror(): Promise<FaultyMirror> {
  const upstream = debianMirrors(machineSources()).archive[0]!.get('uris')!.split(/\s+/)[0]!.replace(/\/+$/, '');
  const folder = mkdtempSync(join(tmpdir(), 'skep-mirror-'));
  const fetched = new Map<string, Buffer | undefined>();
  const sizes = new Map<string, number>();
  const pass = (path: string): Buffer | undefined => {
    if (fetched.has(path)) return fetched.get(path);
    const file = join(folder, String(fetched.size));
    let body: Buffer | undefined;
    try {
      execFileSync('/usr/lib/apt/apt-helper', ['download-file', `${upstream}${path}`, file], { stdio: 'ignore' });
      body = readFileSync(file);
      // The start of an xz stream: of all files asked for only the list of packages is one.
      if (body.readUInt32BE(0) === 0xfd377a58) readSizes(body, sizes);
    } catch {} // the mirror has no such file
    fetched.set(path, body);
    return body;
  };
  const mirror: FaultyMirror = {
    address: '',
    fault: () => false,
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!).replace(/^\/debian/, '');
    if (mirror.fault(path, response, sizes.get(path) ?? 0)) return;
    const body = path.endsWith('.deb') ? undefined : pass(path);
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(mirror, { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian` });
}

function readSizes(list: Buffer, sizes: Map<string, number>): void {
  const text = execFileSync('xz', ['-dc'], { input: list, maxBuffer: 2 ** 30 }).toString();
  for (const stanza of text.split('\n\n')) {
    const name = /^Filename: (.*)$/m.exec(stanza)?.[1];
    if (name !== undefined) sizes.set(`/${name}`, Number(/^Size: (\d+)$/m.exec(stanza)?.[1]));
  }
}
