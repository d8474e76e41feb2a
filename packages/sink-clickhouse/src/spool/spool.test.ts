import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@skep/core';
import { expect, it, onTestFinished } from 'vitest';
import { Counts } from '../counts.js';
import type { Layout } from './layout.js';
import { safeName } from './safe-name.js';
import { type SealedBlock, tokenOf } from './sealed-block.js';
import { Spool, type SpoolSettings } from './spool.js';

const LAYOUT: Layout = {
  host: 'web-1',
  source: 'opens',
  table: 'opensnoop_opens',
  columns: [{ name: 'seq', type: 'UInt64' }],
};

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function spoolOf(folder: string, rest: Partial<SpoolSettings> = {}, boot = '00000000000000aa') {
  const counts = new Counts();
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  const log: Log = { debug: () => {}, info: note, warn: note, error: note };
  const settings: SpoolSettings = {
    folder: join(folder, 'spool'),
    maxBytes: 1000,
    maxAgeMs: undefined,
    whenFull: 'block',
    sync: false,
    ...rest,
  };
  const spool = new Spool(settings, boot, counts, log);
  onTestFinished(() => spool.close());
  return { spool, counts, logged };
}

function bytes(size: number, value = 7): Uint8Array[] {
  return [new Uint8Array(size).fill(value)];
}

function put(spool: Spool, sequence: number, size = 100, layout = LAYOUT): Promise<void> {
  return spool.put({ layout, sequence, rows: 10, buffers: bytes(size) });
}

async function all(spool: Spool): Promise<SealedBlock[]> {
  const blocks: SealedBlock[] = [];
  for (;;) {
    const block = await spool.next();
    if (!block) return blocks;
    blocks.push(block);
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

function isPending(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<boolean>((resolve) => setTimeout(resolve, 50, true));
  return Promise.race([promise.then(() => false), later]);
}

it('gives blocks back in the order in which they were sealed, whole, each with a token of its own', async () => {
  const { spool } = spoolOf(temporaryFolder());
  await spool.open();
  await spool.put({ layout: LAYOUT, sequence: 0, rows: 3, buffers: [Uint8Array.of(1, 2), Uint8Array.of(3)] });
  await put(spool, 3);
  const [first, second] = await all(spool);
  expect(readFileSync(first!.path)).toEqual(Buffer.from([1, 2, 3]));
  expect(first).toMatchObject({ sequence: 0, rows: 3, bytes: 3, layout: LAYOUT });
  expect([tokenOf(first!), tokenOf(second!)]).toEqual([
    'web-1:00000000000000aa:opens.opensnoop_opens:0',
    'web-1:00000000000000aa:opens.opensnoop_opens:3',
  ]);
  expect(await spool.isWhole(first!)).toBe(true);
});

it('takes up at the next start what an earlier run left, with the same tokens', async () => {
  const folder = temporaryFolder();
  const before = spoolOf(folder);
  await before.spool.open();
  for (const sequence of [0, 10, 20]) await put(before.spool, sequence);
  await before.spool.close();
  const after = spoolOf(folder, {}, '00000000000000bb');
  await after.spool.open();
  const blocks = await all(after.spool);
  expect(blocks.map(tokenOf)).toEqual([0, 10, 20].map((n) => `web-1:00000000000000aa:opens.opensnoop_opens:${n}`));
  expect(after.spool.bytes).toBe(300);
  for (const block of blocks) await after.spool.remove(block);
  expect(after.spool.bytes).toBe(0);
  expect(after.counts.of(LAYOUT).stored).toBe(30);
  expect(after.logged).toContain('30 rows of earlier runs wait in the spool');
});

it('removes a file that was being written, and sets aside what it cannot read', async () => {
  const folder = temporaryFolder();
  const before = spoolOf(folder);
  await before.spool.open();
  await put(before.spool, 0);
  await put(before.spool, 10, 100, { ...LAYOUT, table: 'other' });
  await before.spool.close();
  const stream = join(folder, 'spool/opens.opensnoop_opens');
  writeFileSync(join(stream, '00000000000000aa-20.part'), 'half');
  writeFileSync(join(stream, 'nonsense.native'), 'x');
  const other = join(folder, 'spool/opens.other');
  appendFileSync(join(other, readdirSync(other).find((name) => name.endsWith('.layout.json'))!), ' ');

  const after = spoolOf(folder, {}, '00000000000000bb');
  await after.spool.open();
  expect((await all(after.spool)).map(({ sequence }) => sequence)).toEqual([0]);
  expect(filesBelow(stream).some((name) => name.endsWith('.part'))).toBe(false);
  const dead = filesBelow(join(folder, 'spool/quarantine')).filter((name) => name.endsWith('.native'));
  expect(dead).toHaveLength(2);
  for (const name of dead) {
    expect(readFileSync(join(folder, 'spool/quarantine', `${name}.reason.txt`), 'utf8')).toMatch(/layout|name/);
  }
});

it('notices a byte that has changed', async () => {
  const { spool } = spoolOf(temporaryFolder());
  await spool.open();
  await put(spool, 0);
  const block = (await spool.next())!;
  writeFileSync(block.path, Buffer.from(readFileSync(block.path).fill(8, 50, 51)));
  expect(await spool.isWhole(block)).toBe(false);
});

it('counts and keeps with its reason what is set aside, and takes it again when it is moved back', async () => {
  const folder = temporaryFolder();
  const { spool, counts } = spoolOf(folder);
  await spool.open();
  await put(spool, 0);
  await spool.quarantine((await spool.next())!, 'Code: 27. Cannot parse input');
  expect(counts.of(LAYOUT)).toMatchObject({ quarantined: 10, stored: 0 });
  expect(spool.blocks).toBe(0);
  await spool.close();
  const dead = join(folder, 'spool/quarantine/opens.opensnoop_opens');
  const names = readdirSync(dead);
  expect(readFileSync(join(dead, names.find((name) => name.endsWith('.txt'))!), 'utf8')).toContain('Code: 27');
  for (const name of names) {
    writeFileSync(join(folder, 'spool/opens.opensnoop_opens', name), readFileSync(join(dead, name)));
  }
  const again = spoolOf(folder, {}, '00000000000000bb');
  await again.spool.open();
  expect(await all(again.spool)).toHaveLength(1);
});

it('waits when it is full, until there is room', async () => {
  const { spool, logged } = spoolOf(temporaryFolder());
  await spool.open();
  for (let n = 0; n < 10; n++) await put(spool, n * 10);
  const late = put(spool, 100);
  expect(await isPending(late)).toBe(true);
  await spool.remove((await spool.next())!);
  await late;
  expect(spool.bytes).toBe(1000);
  expect(logged).toEqual([expect.stringMatching(/is full .* the kernel/), expect.stringMatching(/has room again/)]);
});

it('drops the oldest when it is full and may, and counts their rows', async () => {
  const { spool, counts } = spoolOf(temporaryFolder(), { whenFull: 'drop-oldest' });
  await spool.open();
  for (let n = 0; n < 15; n++) await put(spool, n * 10);
  expect(counts.of(LAYOUT).dropped).toBe(50);
  expect((await all(spool)).map(({ sequence }) => sequence)[0]).toBe(50);
});

it('drops blocks that are too old', async () => {
  const folder = temporaryFolder();
  const before = spoolOf(folder);
  await before.spool.open();
  await put(before.spool, 0);
  await put(before.spool, 10);
  const [old] = await all(before.spool);
  utimesSync(old!.path, 1, 1);
  await before.spool.close();
  const { spool, counts } = spoolOf(folder, { maxAgeMs: 60_000 }, '00000000000000bb');
  await spool.open();
  expect((await all(spool)).map(({ sequence }) => sequence)).toEqual([10]);
  expect(counts.of(LAYOUT).dropped).toBe(10);
});

it('keeps what is in memory even beyond its bound when the sink is to end', async () => {
  const { spool } = spoolOf(temporaryFolder());
  await spool.open();
  for (let n = 0; n < 10; n++) await put(spool, n * 10);
  const late = put(spool, 100);
  spool.hurry();
  await late;
  expect(spool.bytes).toBe(1100);
});

it('makes its folders again when someone removes them', async () => {
  const folder = temporaryFolder();
  const { spool } = spoolOf(folder);
  await spool.open();
  await put(spool, 0);
  rmSync(join(folder, 'spool'), { recursive: true });
  await put(spool, 10);
  const blocks = await all(spool);
  expect(existsSync(blocks[1]!.path)).toBe(true);
});

/** A program that locks the folder which is its argument, says who it is, and stays. */
const LOCKS = `
  import { lockFolder } from ${JSON.stringify(new URL('../../dist/spool/folder-lock.js', import.meta.url).href)};
  await lockFolder(process.argv[1]);
  console.log(process.pid);
  setInterval(() => {}, 1000);`;

it('is given to one process at a time, and taken from one that was killed', async () => {
  const folder = temporaryFolder();
  const spoolFolder = join(folder, 'spool');
  mkdirSync(spoolFolder);
  const child = spawn(process.execPath, ['--input-type=module', '-e', LOCKS, '--', spoolFolder]);
  await once(child.stdout, 'data');
  const { spool } = spoolOf(folder);
  await expect(spool.open()).rejects.toMatchObject({
    code: 'SKEP_SINK',
    message: expect.stringContaining(`${child.pid}`),
  });
  child.kill('SIGKILL');
  await once(child, 'close');
  await spool.open();
  await put(spool, 0);
});

it('is taken from a process that has ended and whose status nobody asks for', async () => {
  const folder = temporaryFolder();
  const spoolFolder = join(folder, 'spool');
  mkdirSync(spoolFolder);
  // The program is a child of sleep, which waits for none.
  const args = [
    '-c',
    '"$@" & exec sleep 300',
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    LOCKS,
    '--',
    spoolFolder,
  ];
  const parent = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void parent.kill());
  const [pid] = (await once(parent.stdout, 'data')).map(Number);
  await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'latin1')).toBe('sleep\n');
  process.kill(pid!, 'SIGKILL');
  await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) Z /);
  const { spool } = spoolOf(folder);
  await spool.open();
  await put(spool, 0);
});

it('is shared by two sinks of one process while the one takes over from the other', async () => {
  const folder = temporaryFolder();
  const old = spoolOf(folder);
  await old.spool.open();
  await put(old.spool, 0);
  const fresh = spoolOf(folder, {}, '00000000000000bb');
  await fresh.spool.open();
  await put(fresh.spool, 0);
  await put(old.spool, 10);
  expect((await all(fresh.spool)).map(({ boot }) => boot)).toEqual(['00000000000000bb']);
  const taken = fresh.spool.changed.wait();
  await old.spool.close();
  await taken;
  expect((await all(fresh.spool)).map(tokenOf)).toEqual(
    [0, 10].map((n) => `web-1:00000000000000aa:opens.opensnoop_opens:${n}`),
  );
});

it('lets no name lead out of its folder, and gives different names different folders', async () => {
  const hostile = ['../../etc', 'a/b', 'a.b', '', '\0', '\n', 'x'.repeat(300), `${'x'.repeat(300)}y`, '..', 'é', '%'];
  const names = hostile.map(safeName);
  expect(new Set(names).size).toBe(hostile.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_%~-]{1,100}$/);
  const folder = temporaryFolder();
  const { spool } = spoolOf(folder, { maxBytes: 1e6 });
  await spool.open();
  for (const source of hostile) await put(spool, 0, 100, { ...LAYOUT, host: source, source, table: source });
  expect(readdirSync(folder)).toEqual(['spool']);
  expect(new Set((await all(spool)).map(tokenOf)).size).toBe(hostile.length);
});
