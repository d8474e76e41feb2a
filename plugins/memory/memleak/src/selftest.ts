import { spawnSync } from 'node:child_process';
import { scryptSync } from 'node:crypto';
import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { SelfTest, SelfTestContext } from '@skep/core';

interface Row {
  readonly pid: number;
  readonly comm: string;
  readonly allocator: string;
  readonly frames: readonly string[];
  readonly bytes: bigint;
  readonly count: bigint;
}

interface Call {
  readonly event: string;
  readonly size: bigint;
  readonly address: bigint;
}

/** scrypt takes a block of this size, and gives it back: 32 * r * (N + 2) words, and 128 * r bytes. */
const SCRYPT = { N: 1024, r: 8, p: 1 };
const BYTES = 32 * SCRYPT.r * (SCRYPT.N + 2) * 4 + 128 * SCRYPT.r;
const KEPT = 7;
const FREED = 5;

/** Nothing else of this process is of this size. */
const own = { pid: process.pid, min_size: BYTES, max_size: BYTES, older: 0 };

let kept: ArrayBuffer[] = [];

/** Seven blocks that stay, and five that go. */
function leak(): void {
  kept = Array.from({ length: KEPT }, () => new ArrayBuffer(BYTES));
  for (let i = 0; i < FREED; i++) scryptSync('password', 'salt', 32, SCRYPT);
}

function allOf(rows: readonly Row[]): { readonly bytes: bigint; readonly count: bigint } {
  const sum = (of: (row: Row) => bigint) => rows.reduce((total, row) => total + of(row), 0n);
  return { bytes: sum(({ bytes }) => bytes), count: sum(({ count }) => count) };
}

function isExact(rows: readonly Row[]): boolean | string {
  const { bytes, count } = allOf(rows);
  const isRight = count === BigInt(KEPT) && bytes === BigInt(KEPT * BYTES) && kept.length === KEPT;
  return (
    (isRight && rows.every(({ pid }) => pid === process.pid)) ||
    `${bytes} bytes in ${count} allocations, not ${KEPT * BYTES} in ${KEPT}`
  );
}

const WATCHES = 37;

/** A watch is memory of the kernel until it is closed. */
async function holdWatches({ folder, sleep }: SelfTestContext): Promise<FSWatcher[]> {
  const folders = Array.from({ length: WATCHES }, (_, i) => join(folder, String(i)));
  for (const one of folders) mkdirSync(one);
  const watches = folders.map((one) => watch(one));
  await sleep(50);
  return watches;
}

let watches: FSWatcher[] = [];

const MOUNTS = 3;

export const selftest: readonly SelfTest[] = [
  {
    options: own,
    workload: leak,
    expect: ({ outstanding }) => isExact(outstanding!),
  },
  {
    name: 'totals kept by the programs',
    options: { ...own, combined_only: true },
    workload: leak,
    expect: ({ outstanding }) => isExact(outstanding!),
  },
  {
    name: 'each allocation',
    options: { ...own, show_allocs: true },
    workload: leak,
    expect: ({ allocations, outstanding }) => {
      const addresses = new Set(allocations!.map(({ address }) => address));
      const isWhole = addresses.size === KEPT && allocations!.every(({ size }) => size === BigInt(BYTES));
      return isWhole ? isExact(outstanding!) : `${addresses.size} addresses, not ${KEPT}`;
    },
  },
  {
    name: 'calls as they happen',
    options: { ...own, trace: true },
    workload: leak,
    expect: ({ trace }) => {
      const of = (event: string) => (trace as Call[]).filter((call) => call.event === event);
      const [entered, exited, freed] = ['alloc_entered', 'alloc_exited', 'free_entered'].map(of);
      const isWhole = entered!.length === KEPT + FREED && exited!.length === KEPT + FREED && freed!.length >= FREED;
      const isKnown = freed!.every(({ address }) => exited!.some((call) => call.address === address));
      const counts = `${entered!.length} entered, ${exited!.length} exited, ${freed!.length} freed`;
      return (isWhole && isKnown) || `${counts}, of ${KEPT + FREED} allocations and ${FREED} frees`;
    },
  },
  {
    name: 'memory of the kernel',
    options: { older: 0, top: 10_000, max_allocs: 65_536 },
    workload: async (context) => {
      watches = await holdWatches(context);
    },
    expect: ({ outstanding }) => {
      for (const one of watches.splice(0)) one.close();
      const rows = (outstanding as Row[]).filter(({ frames }) => frames.some((name) => /inotify_add_watch/.test(name)));
      const counts = rows.map(({ allocator, count }) => `${count} of ${allocator}`).join(', ');
      return rows.some(({ count }) => count === BigInt(WATCHES)) || `${WATCHES} watches, and there are ${counts}`;
    },
  },
  {
    name: 'per-CPU memory of the kernel',
    options: { percpu: true, older: 0, top: 10_000 },
    workload: ({ folder, skip }) => {
      const points = Array.from({ length: MOUNTS }, (_, i) => join(folder, String(i)));
      for (const point of points) mkdirSync(point);
      const mounted = points.filter((point) => spawnSync('mount', ['-t', 'tmpfs', 'skep', point]).status === 0);
      if (mounted.length < MOUNTS) {
        unmount(mounted);
        skip('it needs to mount file systems');
      }
    },
    expect: ({ outstanding }, { folder }) => {
      unmount(Array.from({ length: MOUNTS }, (_, i) => join(folder, String(i))));
      const rows = (outstanding as Row[]).filter(({ frames }) => frames.some((name) => /alloc_vfsmnt/.test(name)));
      const { count } = allOf(rows);
      return count >= BigInt(MOUNTS) || `${MOUNTS} mounts, and ${count} are there`;
    },
  },
];

function unmount(points: readonly string[]): void {
  for (const point of points) spawnSync('umount', [point]);
}
