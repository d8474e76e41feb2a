import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultyMirror, faultyMirror } from './faulty-mirror-fixture.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** The kernel with the smallest package lists, and no second suite. */
const KERNEL = '6.12';
const CHUNK = Buffer.alloc(65_536);

let mirror: FaultyMirror;
let cache: string;

beforeAll(async () => {
  mirror = await faultyMirror();
});
afterAll(() => mirror.close());
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'skep-fetch-'));
});
afterEach(() => {
  mirror.fault = () => false;
  rmSync(cache, { recursive: true, force: true });
});

const start = (kernel: string) =>
  spawn(process.execPath, [MAIN, 'fetch', '--kernel', kernel], {
    env: { ...process.env, SKEP_CACHE: cache, SKEP_DEBIAN_MIRROR: mirror.address },
    stdio: ['ignore', 'ignore', 'pipe'],
  });

/** Exit status and what was said; it must not leave half a kernel. */
async function fetch(kernel: string): Promise<{ status: number; said: string }> {
  const child = start(kernel);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [status] = (await once(child, 'close')) as [number];
  expect(readdirSync(join(cache, 'kernels', kernel))).toEqual(['lock']);
  return { status, said };
}

/** As many zeros as the package has bytes, or the first part of them. */
async function zeros(response: ServerResponse, size: number, part = 1): Promise<void> {
  response.writeHead(200, { 'content-length': size });
  function* chunks() {
    for (let left = Math.floor(size * part); left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
  }
  // The taker may have had enough.
  await pipeline(chunks, response, { end: part === 1 }).catch(() => {});
}

const notFound = (response: ServerResponse) => response.writeHead(404).end();
const isImage = (path: string) => path.endsWith('.deb');
const isList = (path: string) => path.includes('/binary-amd64/');

describe('a fetch that goes wrong says so, and leaves nothing', () => {
  /** Do this instead of answering, for the paths that match. */
  const instead = (matches: (path: string) => boolean, act: (response: ServerResponse, size: number) => unknown) => {
    mirror.fault = (path, response, size) => {
      if (!matches(path)) return false;
      void act(response, size);
      return true;
    };
  };

  it('when a package is not what its checksum says', async () => {
    instead(isImage, zeros);
    const { status, said } = await fetch(KERNEL);
    expect(said).toMatch(/downloading linux-image-6\.12\S* failed\n.*Hash Sum mismatch[\s\S]*A checksum is wrong\.\n/);
    expect(status).toBe(4);
  });

  it('when the list of packages is not what the signed release says', async () => {
    instead(isList, (response) => response.end('not the list'));
    const { status, said } = await fetch(KERNEL);
    expect(said).toMatch(/suite bookworm-backports: reading the package lists failed\n[\s\S]*A checksum is wrong\.\n/);
    expect(status).toBe(4);
  });

  it('when the mirror has no such suite', async () => {
    instead((path) => path.startsWith('/dists/bullseye/'), notFound);
    const { status, said } = await fetch('5.10');
    expect(said).toContain('The mirror does not have suite bullseye (any more).');
    expect(said).toContain('SKEP_DEBIAN_MIRROR=');
    expect(status).toBe(4);
  });

  it('when the mirror has no such package, though its list names one', async () => {
    instead(isImage, notFound);
    const { status, said } = await fetch(KERNEL);
    expect(said).toContain('The mirror lacks what its own list names.\n  It is being updated: try again later');
    expect(status).toBe(4);
  });

  it('when the download breaks off', async () => {
    instead(isImage, async (response, size) => {
      await zeros(response, size, 0.1);
      response.destroy();
    });
    const { status, said } = await fetch(KERNEL);
    expect(said).toContain('The download broke off.\n  Try again: nothing half done is kept.');
    expect(status).toBe(4);
  });

  it.skipIf(process.getuid?.() !== 0)('when the disk is full (needs root, to mount one)', async () => {
    instead(isImage, zeros);
    for (const tooSmallFor of [{ theLists: '1m' }, { thePackage: '40m' }]) {
      const size = Object.values(tooSmallFor)[0];
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', cache]).status).toBe(0);
      try {
        const { status, said } = await fetch(KERNEL);
        expect(said).toMatch(/No room is left on the disk of .*\n {2}Make 1 GB free there/);
        expect(status).toBe(4);
      } finally {
        spawnSync('umount', [cache]);
      }
    }
  });

  it('when it is killed: the next one begins anew, and waits for nobody', async () => {
    let stalled = () => {};
    const reached = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    instead(isImage, (response, size) => zeros(response, size, 0.1).then(stalled));
    const child = start(KERNEL);
    await reached;
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(existsSync(join(cache, 'kernels', KERNEL, 'current.json'))).toBe(false);
    instead(isImage, notFound);
    expect((await fetch(KERNEL)).said).toContain('lacks what its own list names');
  });
});
