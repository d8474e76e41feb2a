import { readFileSync } from 'node:fs';
import type { ProbeRequest } from '@skep/core';
import { NamedLiveStacks, type Reading, type SnapshotSource } from '@skep/tracing';
import { gatherAllocations, gatherTotals } from './groups.js';
import type { LeakPrograms } from './leak-programs.js';
import { type Order, Ranking } from './ranking.js';

/** How often the process is looked at while it is young, and later: its code has names only while it lives. */
const LOOK_MS = 50;
const LOOK_LATER_MS = 500;
const YOUNG_LOOKS = 40;

const NS_PER_MS = 1_000_000;

/** What is outstanding, by stack, at each report. */
export class OutstandingSource implements SnapshotSource {
  private readonly request: ProbeRequest;
  private readonly programs: LeakPrograms;
  private readonly ranking: Ranking;
  private stacks: NamedLiveStacks | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looks = 0;
  private comm = 'kernel';
  private covered = 0n;
  private refused = 0n;
  private cut = 0n;

  constructor(request: ProbeRequest, programs: LeakPrograms) {
    this.request = request;
    this.programs = programs;
    const { sort, top } = request.options;
    this.ranking = new Ranking(sort as Order, top as number);
  }

  get attached() {
    return this.programs.attached;
  }
  get needs() {
    return this.programs.needs;
  }
  get skippedRuns() {
    return this.programs.skippedRuns;
  }

  async open(): Promise<void> {
    const { programs, request } = this;
    await programs.open();
    const { symbolizer, isForTable } = request;
    if (programs.pid === undefined) symbolizer.prepareKernel();
    this.stacks = new NamedLiveStacks(programs.object, symbolizer, isForTable ? 'addresses' : 'names');
  }

  async attach(): Promise<void> {
    await this.programs.attach();
    if (this.programs.pid !== undefined) this.look(this.programs.pid);
  }

  private look(pid: number): void {
    this.request.symbolizer.prepareUser(pid);
    this.comm = commOf(pid) ?? this.comm;
    this.timer = setTimeout(() => this.look(pid), this.looks++ < YOUNG_LOOKS ? LOOK_MS : LOOK_LATER_MS);
    this.timer.unref();
  }

  async detach(): Promise<void> {
    clearTimeout(this.timer);
    await this.programs.detach();
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.programs.close();
  }

  read(): Reading {
    const { combined_only, older, show_allocs } = this.request.options;
    const { generation } = this.programs;
    const isCombined = combined_only === true;
    const map = this.programs.object.map(isCombined ? 'combined' : 'allocs');
    const entries = map.entries(false);
    const now = Number(process.hrtime.bigint());
    const latestNs = now - Number(older) * NS_PER_MS;
    const found = isCombined
      ? gatherTotals(entries, generation)
      : gatherAllocations(entries, generation, latestNs, show_allocs === true);
    const { keySize } = map;
    for (const i of found.gone) map.delete(entries.keys.slice(i * keySize, (i + 1) * keySize));
    const { pid = 0 } = this.programs;
    if (pid !== 0) this.comm = commOf(pid) ?? this.comm;
    const task = { pid, comm: this.comm };
    const { allocators } = this.programs;
    const outstanding = this.ranking
      .report(found.groups, (stack) => this.framesOf(stack))
      .map(({ frames, allocator, bytes, count, gained, oldestNs }) => ({
        ...task,
        ...{ allocator: allocators.get(allocator), frames, bytes, count, gained },
        oldest: oldestNs === 0 ? 0 : Math.max(0, now - oldestNs),
      }));
    const allocations = found.old.map((i) => {
      const { allocator, ...rest } = allocationAt(entries, i, now);
      return { ...task, ...rest, allocator: allocators.get(allocator) };
    });
    this.stacks!.turn(found.live);
    return { rows: { outstanding, allocations }, ...this.newlyCounted() };
  }

  private framesOf(stack: bigint): string {
    const { pid } = this.programs;
    return this.stacks!.frames(pid === undefined ? 'kernel' : 'user', stack, pid ?? 0);
  }

  private newlyCounted(): Pick<Reading, 'updates' | 'refused' | 'cut'> {
    const { attempted, mapFull, cut } = this.programs.losses();
    const covered = attempted - mapFull;
    const news = { updates: covered - this.covered, refused: mapFull - this.refused, cut: cut - this.cut };
    this.covered = covered;
    this.refused = mapFull;
    this.cut = cut;
    return news;
  }
}

function allocationAt(
  { keys, values, stride }: { keys: Uint8Array; values: Uint8Array; stride: number },
  i: number,
  now: number,
) {
  const key = new DataView(keys.buffer, keys.byteOffset + i * 8);
  const value = new DataView(values.buffer, values.byteOffset + i * stride);
  const age = Math.max(0, now - Number(value.getBigUint64(8, true)));
  const [address, size] = [key.getBigUint64(0, true), value.getBigUint64(0, true)];
  return { address, size, allocator: value.getUint32(24, true), age };
}

/** The name of a process; undefined when it is gone. */
function commOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').replace(/\n$/, '');
  } catch {
    return undefined;
  }
}
