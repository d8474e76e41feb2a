import {
  type BatchBuilder,
  type Capability,
  type Clock,
  createDecoder,
  type Log,
  type LossCounts,
  NO_LOSSES,
  type OptionValues,
  type PluginDefinition,
  type Probe,
  type ProbePoller,
  type Schema,
  SkepError,
  type Symbolizer,
} from '@skep/core';
import { type AttachOptions, attachProgram, type Link } from './attach.js';
import { attachSets, type ResolvedSet } from './attach-sets.js';
import { programOf } from './binary.js';
import { type ProgramInfo, planStreams, type StreamOwner, type StreamPlan } from './btf/index.js';
import { wallClock } from './clock.js';
import { applyOptions } from './constants.js';
import { Counters } from './counters.js';
import { detachAll } from './detach-all.js';
import { describeErrno, EACCES } from './errno.js';
import { withMaskedBtf } from './masked-btf.js';
import { libbpf } from './native/libbpf.js';
import { libc, rcuGracePeriod } from './native/libc.js';
import { BpfObject } from './object.js';
import type { LoadedFile } from './object-file.js';
import { type FeatureSet, guardedHelpers, hiddenHelpers, NO_FEATURES, refuseGuarded } from './predict/index.js';
import { refuseTurnedOff, withoutOptional } from './predict/turned-off.js';
import { weightOf, withOnly } from './privilege/capabilities.js';
import { LacksCapabilities, lackedBy, namesOf, refusal } from './privilege/refusal.js';
import { ProbeStacks } from './probe-stacks.js';
import { mapRing, RingReader } from './ring.js';
import { nowNs, SnapshotQueue } from './snapshot-queue.js';
import { histogramRows, tableRows } from './snapshot-rows.js';
import { Snapshots } from './snapshots.js';
import { stackRows } from './stack-rows.js';
import { STACK_MAPS } from './stacks.js';
import { type Tap, tapped } from './tap.js';
import { ensureTracefs, isTracefsMounted, needsTracefs } from './tracefs.js';
import { setTracepointArgs } from './tracepoint-args.js';

export interface ObjectProbeOptions {
  readonly owner: StreamOwner;
  readonly definition: PluginDefinition;
  readonly file: LoadedFile;
  readonly options: OptionValues;
  readonly log: Log;
  /** Woken by rings that pass their half, and when a snapshot is ready. */
  readonly poller: ProbePoller;
  /** Time between snapshots in milliseconds; undefined: only at the end. */
  readonly everyMs?: number | undefined;
  /** Use this attach set and no other: for tests. Index into `attachSets()`. */
  readonly attachSet?: number;
  /** Pass libbpf's debug lines to the log. */
  readonly debug?: boolean;
  /** Features that this kernel is taken not to have: their programs are not tried. */
  readonly without?: FeatureSet;
  /** Guarded helpers that the object may call. */
  readonly allow?: readonly string[];
  /** Names the frames of stacks; without it stacks are empty. */
  readonly symbolizer?: Symbolizer;
  /** Rows go to a text table and nowhere else: frames may have places in their functions. Default: names alone. */
  readonly isForTable?: boolean;
  /** Attaches the programs, in place of what their sections say. */
  readonly attacher?: Attacher;
}

/** What an attacher gives back: letting it go detaches. */
export type AttachedLink = Pick<Link, 'detach' | 'destroy'>;

/** Attaches programs of a loaded object to places that are known at run time only. */
export interface Attacher {
  /** What is attached, and where. */
  readonly attached: readonly { readonly name: string; readonly section: string }[];
  /** @throws SkepError SKEP_ATTACH; nothing is attached then. */
  attach(object: BpfObject): readonly AttachedLink[];
}

/** What came of trying one set. */
export interface Attempt {
  readonly programs: readonly string[];
  readonly error: SkepError | undefined;
}

/** Errors that say what this kernel cannot do, as opposed to a mistake of the user or of the plugin. */
const KERNEL_ANSWERS: readonly string[] = ['SKEP_VERIFIER', 'SKEP_PERMISSION', 'SKEP_ATTACH', 'SKEP_TRACEFS'];

interface OpenRing {
  readonly reader: RingReader;
  readonly fd: number;
  readonly unmap: () => void;
}

/** A plugin at work: its object loaded and attached by the first set that this kernel takes, its streams drained. */
export class ObjectProbe implements Probe {
  readonly schemas: readonly Schema[];
  readonly attempts: Attempt[] = [];
  private readonly plans: readonly StreamPlan[];
  private readonly sets: readonly ResolvedSet[];
  private readonly config: ObjectProbeOptions;
  private readonly clock = wallClock();
  private object: BpfObject | undefined;
  private current = -1;
  private links: AttachedLink[] = [];
  private readonly rings = new Map<string, OpenRing>();
  private counters: Counters | undefined;
  private bss: { readonly buffer: ArrayBuffer; readonly address: bigint; readonly length: number } | undefined;
  private snapshots: Snapshots | undefined;
  private queue: SnapshotQueue | undefined;
  private stacks: ProbeStacks;
  private tap: Tap | undefined;
  private readonly seenLost = new Map<string, number>();
  // What was counted, kept when the memory it was counted in is given back.
  private readonly lastLosses = new Map<string, LossCounts>();
  private readonly lastCovered = new Map<string, bigint>();
  private readonly lastHeld = new Map<string, bigint>();
  private lastSkippedRuns = 0n;

  /** @throws SkepError SKEP_PLUGIN when the definition and the object do not agree. */
  constructor(config: ObjectProbeOptions) {
    this.config = config;
    const { owner, definition, file, options } = config;
    this.plans = planStreams(owner, definition, file.info, options);
    this.schemas = this.plans.map((plan) => plan.schema);
    this.stacks = new ProbeStacks(this.plans, config.symbolizer, config.isForTable);
    const without = config.without ?? NO_FEATURES;
    const sets = attachSets(definition, options).map((set) => withoutOptional(set, file.info, without));
    this.sets = config.attachSet === undefined ? sets : sets.slice(config.attachSet, config.attachSet + 1);
  }

  /**
   * Have `tap` told of everything that comes from the kernel. Before `open`.
   *
   * @param isForTable as in the options, in place of what they say
   */
  listen(tap: Tap, isForTable = false): void {
    this.tap = tap;
    this.stacks = new ProbeStacks(this.plans, this.config.symbolizer, isForTable, tap);
  }

  /** The set in use, after `open`. */
  get attachedSet(): ResolvedSet | undefined {
    return this.sets[this.current];
  }

  /** What an attacher attached; empty without one: the sections of the attach set say it. */
  get attached(): readonly { readonly name: string; readonly section: string }[] {
    return this.config.attacher?.attached ?? [];
  }

  /**
   * What using it needs once it is attached: stacks of other users' processes are named with CAP_SYS_PTRACE; before Linux 5.19 (commit c8644cd0efe7) maps are read with CAP_BPF only,
   * where kernel.unprivileged_bpf_disabled is set. Asked by trying.
   */
  get needs(): readonly Capability[] {
    const [snapshot] = this.config.file.info.snapshots.keys();
    const needs: Capability[] = this.stacks.hasUser ? ['CAP_SYS_PTRACE'] : [];
    const name = snapshot === undefined ? STACK_MAPS[0] : `${snapshot}_0`;
    if (!this.object || (snapshot === undefined && !this.stacks.isUsed)) return needs;
    const map = this.object.map(name);
    return withOnly([], () => map.isReadable) ? needs : [...needs, 'CAP_BPF'];
  }

  /**
   * @throws SkepError when no set can be loaded: SKEP_ATTACH with every set's reason, or the one reason there is;
   *   SKEP_HELPER when its code calls a guarded helper that is not allowed.
   */
  async open(): Promise<void> {
    const { owner, file, allow } = this.config;
    refuseGuarded(`plugin ${owner.plugin}`, guardedHelpers(file.bytes), allow);
    this.openFrom(0);
  }

  private openFrom(first: number): void {
    for (let i = first; i < this.sets.length; i++) {
      try {
        this.load(this.sets[i]!);
        this.current = i;
        return;
      } catch (error) {
        this.attemptFailed(this.sets[i]!, error);
      }
    }
    throw this.noSetLeft();
  }

  /** Attach; a set that loads and cannot attach gives way to the next. */
  async attach(): Promise<void> {
    for (;;) {
      const set = this.sets[this.current]!;
      try {
        this.attachSet(set);
        this.attempts.push({ programs: set.programs, error: undefined });
        this.startSnapshots();
        return;
      } catch (error) {
        this.attemptFailed(set, error);
        this.openFrom(this.current + 1);
      }
    }
  }

  private attemptFailed(set: ResolvedSet, error: unknown): void {
    this.release();
    const known = error as SkepError;
    // A mistake of the user or of the plugin is not an answer of the kernel: trying on would hide it.
    if (!KERNEL_ANSWERS.includes(known.code)) throw error;
    this.attempts.push({ programs: set.programs, error: known });
    this.config.log.debug(`${this.config.owner.source}: ${set.programs.join(', ')}: ${known.message}`);
  }

  private noSetLeft(): SkepError {
    const failed = this.attempts.filter((attempt) => attempt.error);
    const { source } = this.config.owner;
    if (failed.length === 1) return failed[0]!.error!;
    const reasons = failed.map(({ programs, error }) => `${programs.join(' + ')}: ${error!.message}`).join('\n');
    // The set that lacks least is the one to grant for.
    const nearest = failed
      .map(({ error }) => lackedBy(error!))
      .filter((missing) => missing.length > 0)
      .sort((a, b) => weightOf(namesOf(a)) - weightOf(namesOf(b)))[0];
    const details = failed.map(({ error }) => error!.details ?? '').join('\n');
    const message = `none of the ${failed.length} attach sets of ${source} works on this kernel`;
    if (!nearest) return new SkepError('SKEP_ATTACH', message, reasons, { details });
    const text = `${message}: ${namesOf(nearest).join(', ')} missing`;
    return new LacksCapabilities(text, nearest, { details }, reasons);
  }

  private load(set: ResolvedSet): void {
    const { definition, file, options, without = NO_FEATURES } = this.config;
    refuseTurnedOff(set, file.info, without);
    const wanted = file.info.programs.filter(({ name }) => set.programs.includes(name));
    const needed = neededOf(wanted, set.optional);
    provideTracefs(wanted, needed);
    const load = (btfPath?: string) => {
      const object = new BpfObject(this.config.owner.plugin, file, this.config.log, this.config.debug, btfPath);
      this.object = object;
      object.select(new Set(set.programs), needed);
      applyOptions(object, definition.options ?? {}, options);
      setTracepointArgs(object);
      this.stacks.size(object);
      object.load();
      return object;
    };
    const hidden = hiddenHelpers(without);
    this.useLoaded(hidden.size === 0 ? load() : withMaskedBtf(hidden, load));
  }

  private useLoaded(object: BpfObject): void {
    const { owner, file } = this.config;
    this.bss = object.mapSection('.bss');
    if (!this.bss)
      throw new SkepError(
        'SKEP_PLUGIN',
        `${owner.plugin} has no counters`,
        'declare streams with SKEP_RING or SKEP_SNAPSHOT',
      );
    this.counters = new Counters(file.info, this.bss.buffer, libbpf().libbpf_num_possible_cpus());
    this.stacks.open(object, this.bss.buffer);
    for (const plan of this.plans) if (plan.kind === 'events') this.openRing(object, plan);
    if (file.info.snapshots.size > 0) {
      this.snapshots = new Snapshots(object, this.counters, this.bss.buffer, nowNs());
      this.queue = new SnapshotQueue(this.snapshots, this.plans, () => this.config.poller.wake());
    }
  }

  private openRing(object: BpfObject, plan: Extract<StreamPlan, { kind: 'events' }>): void {
    const map = object.map(plan.ring);
    const { memory, unmap } = mapRing(map.fd, map.maxEntries);
    const { members, size } = plan.record;
    // Text as the last member may be sent short: only what stands before it must be there.
    const last = members.at(-1);
    const smallest = last && last.field.type === 'bytes' && !last.stack ? last.offset : size;
    const make = (clock: () => Clock) => createDecoder(members, clock, this.stacks.ofEvents);
    const { tap } = this;
    const decoder = tap ? tapped(tap, this.clock, make) : make(this.clock);
    const reader = new RingReader(memory, decoder, smallest);
    this.rings.set(plan.schema.stream, { reader, fd: map.fd, unmap });
    this.config.poller.add(map.fd);
  }

  private attachSet(set: ResolvedSet): void {
    const { options, definition, attacher } = this.config;
    if (attacher) {
      this.links.push(...attacher.attach(this.object!));
      return;
    }
    const binaries = new Map<string, string>();
    for (const [name, option] of Object.entries(definition.options ?? {})) {
      if (option.kind !== 'binary') continue;
      const process = option.ofProcess === undefined ? undefined : (options[option.ofProcess] as number | undefined);
      const file = (options[name] as string | undefined) ?? (process === undefined ? undefined : programOf(process));
      if (file !== undefined) binaries.set(name, file);
    }
    // The kernel then puts user probes into that process alone: the others do not even pass through the filter.
    const attachOptions: AttachOptions = {
      binaries,
      ...(typeof options.pid === 'number' ? { pid: options.pid } : {}),
      ...(definition.sampling ? { sampling: definition.sampling(options) } : {}),
    };
    let attached = 0;
    let refused: unknown;
    for (const name of set.programs) {
      try {
        this.links.push(...attachProgram(this.object!, name, attachOptions));
        attached++;
      } catch (error) {
        if (!set.optional.has(name)) throw error;
        refused ??= error;
        const text = `${this.config.owner.source}: ${name} is optional and left out: ${(error as Error).message}`;
        // A symbol that is not there has nothing to say; one that is there and is refused leaves a gap in the rows.
        if (text.includes('ENOENT')) this.config.log.debug(text);
        else this.config.log.warn(text);
      }
    }
    if (attached === 0) throw refused;
  }

  private startSnapshots(): void {
    const { everyMs } = this.config;
    if (!this.queue) return;
    this.stacks.watch(this.bss!.buffer);
    if (everyMs !== undefined) this.queue.start(everyMs);
  }

  drain(into: BatchBuilder): number {
    const plan = this.plans.find(({ schema }) => schema === into.schema);
    if (!plan || !this.object) return 0;
    this.queue?.check();
    if (plan.kind === 'events') {
      this.stacks.turn();
      const rows = this.rings.get(plan.schema.stream)?.reader.drain(into) ?? 0;
      if (rows > 0) into.lost += this.newlyLost(plan.ring);
      return rows;
    }
    const taken = this.queue?.next(plan.schema);
    if (!taken) return 0;
    const { timeNs, intervalNs, complete } = taken;
    into.snapshot = { timeNs, intervalNs, complete };
    this.stacks.forget();
    this.tap?.snapshot(taken, this.covered(plan.schema.stream));
    const isArray = this.isArray(plan);
    const frames = this.stacks.ofSnapshot(taken, plan.kind === 'stacks' ? plan.text : 'places');
    switch (plan.kind) {
      case 'table':
        return tableRows(plan, taken, isArray, into, frames);
      case 'histogram':
        return histogramRows(plan, taken, into);
      case 'stacks':
        return stackRows(plan, taken, frames, into);
    }
  }

  /** Where the rows of each stream come from. After `open`. */
  streamPlans(): readonly { readonly plan: StreamPlan; readonly isArray: boolean }[] {
    return this.plans.map((plan) => ({ plan, isArray: plan.kind !== 'events' && this.isArray(plan) }));
  }

  private isArray({ snapshot }: Exclude<StreamPlan, { kind: 'events' }>): boolean {
    return this.object!.map(`${snapshot.name}_0`).isArray;
  }

  private newlyLost(ring: string): number {
    const lost = this.counters!.lost(ring);
    const fresh = lost - (this.seenLost.get(ring) ?? 0);
    this.seenLost.set(ring, lost);
    return fresh;
  }

  losses(stream: string): LossCounts {
    if (!this.counters) return this.lastLosses.get(stream) ?? NO_LOSSES;
    const plan = this.plans.find(({ schema }) => schema.stream === stream);
    if (!plan) return NO_LOSSES;
    return this.counters.total(plan.kind === 'events' ? plan.ring : plan.snapshot.name);
  }

  skippedRuns(): bigint {
    return this.object?.skippedRuns ?? this.lastSkippedRuns;
  }

  covered(stream: string): bigint {
    const plan = this.plans.find(({ schema }) => schema.stream === stream);
    return plan && plan.kind !== 'events'
      ? (this.snapshots?.coveredUpdates(plan.snapshot.name) ?? this.lastCovered.get(stream) ?? 0n)
      : 0n;
  }

  /** For snapshots: updates of the side that is being filled. */
  held(stream: string): bigint {
    const plan = this.plans.find(({ schema }) => schema.stream === stream);
    if (plan?.kind === 'events') return this.rings.get(stream)?.reader.held() ?? this.lastHeld.get(stream) ?? 0n;
    if (!this.counters) return this.lastHeld.get(stream) ?? 0n;
    const { attempted, mapFull } = this.losses(stream);
    return attempted - mapFull - this.covered(stream);
  }

  /** Detach, wait until no program runs any more, and take the last snapshot: from here on nothing is added. */
  async finish(): Promise<void> {
    const stopped = this.queue?.stop();
    this.stacks.unwatch();
    await detachAll(this.links.splice(0));
    await stopped;
    if (!this.object) return;
    await rcuGracePeriod();
    await this.queue?.takeLast();
  }

  async close(): Promise<void> {
    await this.queue?.stop();
    this.release();
  }

  private release(): void {
    for (const { schema } of this.plans) {
      this.lastHeld.set(schema.stream, this.held(schema.stream));
      this.lastLosses.set(schema.stream, this.losses(schema.stream));
      this.lastCovered.set(schema.stream, this.covered(schema.stream));
    }
    this.lastSkippedRuns = this.skippedRuns();
    this.stacks.close();
    for (const link of this.links.splice(0)) link.destroy();
    for (const ring of this.rings.values()) {
      this.config.poller.remove(ring.fd);
      ring.unmap();
    }
    this.rings.clear();
    this.counters = undefined;
    this.snapshots = undefined;
    this.queue = undefined;
    if (this.bss) libc().munmap(this.bss.address, this.bss.length);
    this.bss = undefined;
    this.object?.close();
    this.object = undefined;
  }
}

/** Programs without which a set is no use: all of them when every one is optional. */
export function neededOf(programs: readonly ProgramInfo[], optional: ReadonlySet<string>): readonly ProgramInfo[] {
  const needed = programs.filter(({ name }) => !optional.has(name));
  return needed.length > 0 ? needed : programs;
}

/** Programs that can be left out are told apart when they are attached. */
function provideTracefs(programs: readonly ProgramInfo[], needed: readonly ProgramInfo[]): void {
  if (!programs.some(({ section }) => needsTracefs(section))) return;
  try {
    ensureTracefs();
  } catch (error) {
    if (!needed.some(({ section }) => needsTracefs(section))) return;
    if (!isTracefsMounted() || (error as SkepError).code !== 'SKEP_PERMISSION') throw error;
    throw refusal((error as SkepError).message, describeErrno(EACCES), needed);
  }
}
