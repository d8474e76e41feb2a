import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AnyPlugin,
  BatchBuilder,
  type LossCounts,
  type OptionValues,
  type Probe,
  type Row,
  rowsOf,
} from '@skep/core';
import { Poller, pluginSchemas, readPluginObject } from '@skep/libbpf';
import { SystemSymbolizer } from '@skep/symbols';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import definition from './index.js';

/** Whatever its options: they are put together here. */
const memleak: AnyPlugin = definition;
const noRoot = process.getuid?.() !== 0;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

let folder = '';
let program = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skep-memleak-'));
  program = join(folder, 'allocs');
  const source = fileURLToPath(new URL('../test/allocs.c', import.meta.url));
  const flags = ['-O0', '-g', '-fno-omit-frame-pointer', '-fno-builtin', '-pthread', '-w'];
  execFileSync('clang', [...flags, '-o', program, source]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly losses: LossCounts;
}

/** What is seen of the program, which allocates once everything is attached, and lives until the last reading. */
async function leaksOf(given: OptionValues, args: readonly string[] = []): Promise<Seen> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const defaults = Object.entries(definition.options ?? {}).map(([name, option]) => [name, option.default]);
  const own = given.obj === 'self' ? { obj: `/proc/${child.pid}/exe` } : {};
  const options = { ...Object.fromEntries(defaults), pid: child.pid, older: 0, ...given, ...own };
  const owner = { plugin: 'memleak', source: 'memleak' };
  const poller = new Poller();
  let probe: Probe | undefined;
  try {
    probe = await memleak.probe!({
      ...{ owner, options, everyMs: undefined, log: silent, poller, isForTable: false },
      schemas: pluginSchemas(owner, memleak, readPluginObject(memleak).info, options),
      symbolizer: new SystemSymbolizer(silent),
    });
    await probe.open();
    await probe.attach();
    child.stdin.write('go\n');
    await once(child.stdout, 'data');
    await probe.finish?.();
    const rows: Record<string, Row[]> = {};
    for (const schema of probe.schemas) {
      const builder = new BatchBuilder(schema);
      probe.drain(builder);
      rows[schema.stream] = rowsOf(builder.batch());
    }
    return { rows, losses: probe.losses('outstanding') };
  } finally {
    child.stdin.end();
    await probe?.close();
    await poller.close();
  }
}

const STDIO = [1024, 4096];
const PAGE = 4096;

/**
 * How many there are of each kind and size, of those that are the program's own; stacks of threads are above 8 MiB. The C
 * library goes on from realloc(NULL, n) to malloc.
 */
function countsOf(allocations: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { allocator, size } of allocations) {
    const bytes = Number(size);
    if (bytes < 1000 || STDIO.includes(bytes) || (allocator === 'mmap' && bytes >= 8 << 20)) continue;
    const key = `${allocator} ${bytes}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const ALL = {
  'malloc 1001': 3,
  'calloc 3009': 1,
  'malloc 500000': 1,
  'realloc 1008': 1,
  'malloc 1009': 1,
  'malloc 1011': 1,
  'realloc 800000': 1,
  'malloc 1015': 1,
  'malloc 1017': 1,
  'posix_memalign 1021': 1,
  'memalign 1088': 1,
  'memalign 1031': 1,
  'valloc 1033': 1,
  'pvalloc 1039': 1,
  [`mmap ${5 * PAGE}`]: 1,
  [`mmap ${6 * PAGE}`]: 1,
  [`mremap ${11 * PAGE}`]: 1,
  [`mmap ${13 * PAGE}`]: 1,
  'malloc 1051': 1,
  'malloc 1061': 40,
  'malloc 1063': 40,
  'malloc 1067': 1,
  'malloc 1069': 1,
};

describe.skipIf(noRoot)('memleak', () => {
  it('counts what every function gave and nothing took back, once', async () => {
    const { rows, losses } = await leaksOf({ show_allocs: true });
    expect(countsOf(rows.allocations!)).toEqual(ALL);
    expect(losses).toMatchObject({ mapFull: 0n, cut: 0n });
  });

  it('has the same in the totals that the programs keep', async () => {
    const { rows } = await leaksOf({ combined_only: true, top: 1000, min_size: 1001, max_size: 1069 });
    const sums: Record<string, readonly [bytes: bigint, count: bigint]> = {};
    for (const { allocator, bytes, count } of rows.outstanding!) {
      const [allBytes, all] = sums[String(allocator)] ?? [0n, 0n];
      sums[String(allocator)] = [allBytes + BigInt(bytes as bigint), all + BigInt(count as bigint)];
    }
    const wanted: typeof sums = {};
    for (const [key, count] of Object.entries(ALL)) {
      const [allocator = '', size = ''] = key.split(' ');
      if (Number(size) < 1001 || Number(size) > 1069) continue;
      const [bytes, all] = wanted[allocator] ?? [0n, 0n];
      wanted[allocator] = [bytes + BigInt(size) * BigInt(count), all + BigInt(count)];
    }
    // Of the C library itself: buffers of files.
    const [bytes, count] = sums.malloc!;
    const buffers = count - wanted.malloc![1];
    expect(buffers).toBeLessThanOrEqual(1n);
    expect({ ...sums, malloc: [bytes - buffers * 1024n, count - buffers] }).toEqual(wanted);
  });

  it('names the functions that allocated', async () => {
    const { rows } = await leaksOf({ min_size: 1001, max_size: 1001 });
    expect(rows.outstanding).toHaveLength(1);
    const [{ frames, bytes, count, comm, gained }] = rows.outstanding as [Row];
    expect((frames as string[]).slice(-2)).toEqual(['by_malloc', 'leak_here']);
    expect({ bytes, count, comm, gained }).toEqual({ bytes: 3003n, count: 3n, comm: 'allocs', gained: 3003n });
  });

  it('forgets what the program before execve(2) had', async () => {
    const { rows } = await leaksOf({ show_allocs: true }, ['exec']);
    expect(countsOf(rows.allocations!)).toEqual({ 'malloc 1071': 1 });
  });

  it('knows an allocator in the program itself by its prefix, and calls that are left by longjmp(3)', async () => {
    const { rows } = await leaksOf({ show_allocs: true, obj: 'self', symbols_prefix: 'my_' });
    expect(countsOf(rows.allocations!)).toEqual({ 'malloc 1067': 1, 'malloc 1069': 1 });
  });

  it('counts what found no room', async () => {
    const { rows, losses } = await leaksOf({ max_allocs: 16, min_size: 1061, max_size: 1063, top: 100 });
    const kept = rows.outstanding!.reduce((sum, { count }) => sum + Number(count), 0);
    expect(kept).toBeLessThanOrEqual(16);
    expect(losses.attempted).toBe(4n * 2010n);
    expect(losses.mapFull).toBeGreaterThanOrEqual(80n - 16n);
  });

  it('shows each call with trace', async () => {
    const { rows } = await leaksOf({ trace: true, min_size: 1007, max_size: 1008 });
    const calls = rows.trace!.map(({ event, allocator, size }) => `${event} ${allocator} ${size}`);
    expect(calls).toEqual([
      'alloc_entered realloc 1007',
      'alloc_exited realloc 1007',
      'alloc_entered realloc 1008',
      'free_entered realloc 1007',
      'alloc_exited realloc 1008',
    ]);
  });
});

describe.skipIf(noRoot)('memleak that cannot', () => {
  it('says that nobody has started its command', async () => {
    await expect(leaksOf({ pid: undefined, command: ['true'] })).rejects.toMatchObject({ code: 'SKEP_OPTION' });
  });

  it.each([
    [{ pid: 0x7ffffff0 }, 'process 2147483632: there is none'],
    [{ pid: process.pid, obj: '/usr/bin/true' }, '/usr/bin/true has no function "malloc"'],
    [
      { pid: process.pid, obj: 'nowhere' },
      `process ${process.pid} has no library "nowhere", and this machine has none`,
    ],
  ])('says why: %j', async (given, message) => {
    await expect(leaksOf(given)).rejects.toMatchObject({ code: 'SKEP_ATTACH', message });
  });
});
