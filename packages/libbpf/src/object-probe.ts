import {
  type BatchBuilder,
  type Capability,
  type Clock,
  createDecoder,
  type FrameStyle,
  type Log,
  type LossCounts,
  type Member,
  NO_LOSSES,
  type OptionValues,
  type PluginDefinition,
  type Probe,
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
import { describeErrno, EACCES } from './errno.js';
import { LivingProcesses } from './living-processes.js';
import { withMaskedBtf } from './masked-btf.js';
import { libbpf } from './native/libbpf.js';
import { libc, rcuGracePeriod } from './native/libc.js';
import { BpfObject, type LoadedFile } from './object.js';
import type { Poller } from './poller.js';
import { type FeatureSet, guardedHelpers, hiddenHelpers, NO_FEATURES, refuseGuarded } from './predict/index.js';
import { refuseTurnedOff, withoutOptional } from './predict/turned-off.js';
import { weightOf, withOnly } from './privilege/capabilities.js';
import { LacksCapabilities, lackedBy, namesOf, refusal } from './privilege/refusal.js';
import { mapRing, RingReader } from './ring.js';
import { histogramRows, tableRows } from './snapshot-rows.js';
import { Snapshots, type Taken } from './snapshots.js';
import { stackRows } from './stack-rows.js';
import { EventStacks, NamedStacks, STACK_MAPS, STAYING_STACKS, stackOf } from './stacks.js';
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
  readonly poller: Poller;
  /** Time between snapshots in milliseconds; undefined: only at the end. */
  readonly everyMs?: number | undefined;
  /** Use this attach set and no other: for tests. Index into `attachSets()`. */
  readonly attachSet?: number;
  /** Pass libbpf's debug lines to the log. */
  readonly debug?: boolean;
  /** Told of everything that comes from the kernel. */
  readonly tap?: Tap;
  /** Features that this kernel is taken not to have: their programs are not tried. */
  readonly without?: FeatureSet;
  /** Guarded helpers that the object may call. */
  readonly allow?: readonly string[];
  /** Names the frames of stacks; without it stacks are empty. */
  readonly symbolizer?: Symbolizer;
  /** Rows go to a text table and nowhere else: frames may have places in their functions. Default: names alone. */
  readonly isForTable?: boolean;
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
  private links: Link[] = [];
  private readonly rings = new Map<string, OpenRing>();
  private counters: Counters | undefined;
  private bss: { readonly buffer: ArrayBuffer; readonly address: bigint; readonly length: number } | undefined;
  private snapshots: Snapshots | undefined;
  private living: LivingProcesses | undefined;
  private eventStacks: { readonly store: EventStacks; readonly frames: NamedStacks } | undefined;
  private readonly ready = new Map<Schema, Taken[]>();
  private taking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failure: unknown;
  private readonly seenLost = new Map<string, number>();
  // What was counted, kept when the memory it was counted in is given back.
  private readonly lastLosses = new Map<string, LossCounts>();
  private readonly lastCovered = new Map<string, bigint>();
  private readonly lastHeld = new Map<string, bigint>();

  /** @throws SkepError SKEP_PLUGIN when the definition and the object do not agree. */
  constructor(config: ObjectProbeOptions) {
    this.config = config;
    const { owner, definition, file, options } = config;
    this.plans = planStreams(owner, definition, file.info, options);
    this.schemas = this.plans.map((plan) => plan.schema);
    const without = config.without ?? NO_FEATURES;
    const sets = attachSets(definition, options).map((set) => withoutOptional(set, file.info, without));
    this.sets = config.attachSet === undefined ? sets : sets.slice(config.attachSet, config.attachSet + 1);
  }

  /** The set in use, after `open`. */
  get attachedSet(): ResolvedSet | undefined {
    return this.sets[this.current];
  }

  /**
   * What using it needs once it is attached: stacks of other users' processes are named with CAP_SYS_PTRACE; before Linux 5.19 (commit c8644cd0efe7) maps are read with CAP_BPF only,
   * where kernel.unprivileged_bpf_disabled is set. Asked by trying.
   */
  get needs(): readonly Capability[] {
    const [snapshot] = this.config.file.info.snapshots.keys();
    const needs: Capability[] = this.plans.some(hasUserStacks) ? ['CAP_SYS_PTRACE'] : [];
    const name = snapshot === undefined ? STACK_MAPS[0] : `${snapshot}_0`;
    if (!this.object || (snapshot === undefined && !this.namesStacks)) return needs;
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
      this.sizeStacks(object);
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
    if (this.namesStacks) this.openStacks(object);
    for (const plan of this.plans) if (plan.kind === 'events') this.openRing(object, plan);
    if (file.info.snapshots.size > 0) {
      this.snapshots = new Snapshots(object, this.counters, this.bss.buffer, nowNs());
    }
  }

  /** Whether rows of these options have stacks. */
  private get namesStacks(): boolean {
    return this.plans.some(hasStacks);
  }

  /** Where nobody asks for stacks their maps take no memory; where somebody does, processes are named while they live. */
  private sizeStacks(object: BpfObject): void {
    const isPrompt = this.plans.some(hasUserStacks) && object.info.variables.has('skep_prompt');
    if (isPrompt) object.setConstant('skep_prompt', new Uint8Array(Uint32Array.of(process.pid).buffer));
    if (this.namesStacks) return;
    for (const name of [...STACK_MAPS, STAYING_STACKS])
      if (object.info.maps.includes(name)) object.map(name).setMaxEntries(1);
  }

  private openStacks(object: BpfObject): void {
    const { symbolizer, file } = this.config;
    symbolizer?.prepareKernel();
    if (!symbolizer || file.info.snapshots.size > 0) return;
    const epoch = new Uint32Array(this.bss!.buffer, file.info.variables.get('skep_epoch')?.offset ?? 0, 1);
    const store = new EventStacks(
      STACK_MAPS.map((name) => object.map(name)),
      (side) => Atomics.store(epoch, 0, side),
    );
    this.eventStacks = { store, frames: this.framesOf((id) => store.addresses(id))! };
  }

  private addressesOf({ stacks }: Taken): (id: bigint) => BigUint64Array | undefined {
    if (stacks) return (id) => stacks.get(id);
    const map = this.namesStacks ? this.object!.map(STAYING_STACKS) : undefined;
    return (id) => map && stackOf(map, id);
  }

  /** @param style what a text table has */
  private framesOf(
    addresses: (id: bigint) => BigUint64Array | undefined,
    style: FrameStyle = 'places',
  ): NamedStacks | undefined {
    const { symbolizer, isForTable = false } = this.config;
    return symbolizer && new NamedStacks(symbolizer, isForTable ? style : 'names', addresses);
  }

  private openRing(object: BpfObject, plan: Extract<StreamPlan, { kind: 'events' }>): void {
    const map = object.map(plan.ring);
    const { memory, unmap } = mapRing(map.fd, map.maxEntries);
    const { members, size } = plan.record;
    // Text as the last member may be sent short: only what stands before it must be there.
    const last = members.at(-1);
    const smallest = last && last.field.type === 'bytes' && !last.stack ? last.offset : size;
    const make = (clock: () => Clock) => createDecoder(members, clock, this.eventStacks?.frames);
    const { tap } = this.config;
    const decoder = tap ? tapped(tap, this.clock, make) : make(this.clock);
    const reader = new RingReader(memory, decoder, smallest);
    this.rings.set(plan.schema.stream, { reader, fd: map.fd, unmap });
    this.config.poller.add(map.fd);
  }

  private attachSet(set: ResolvedSet): void {
    const { options, definition } = this.config;
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

  private watchProcesses(): void {
    const { symbolizer, file } = this.config;
    const plan = this.plans.find(hasUserStacks);
    if (!symbolizer || !plan || plan.kind === 'events') return;
    const epoch = new Uint32Array(this.bss!.buffer, file.info.variables.get('skep_epoch')?.offset ?? 0, 1);
    const { name } = plan.snapshot;
    const map = () => this.object!.map(`${name}_${Atomics.load(epoch, 0) & 1}`);
    const { pidOffset } = stackMembers(plan).find(({ stack }) => stack!.half === 'user')!.stack!;
    this.living = new LivingProcesses(symbolizer, map, pidOffset);
  }

  private startSnapshots(): void {
    const { everyMs } = this.config;
    if (this.snapshots) this.watchProcesses();
    if (!this.snapshots || everyMs === undefined) return;
    // The next one is due `everyMs` after the last was due, not after it was read: intervals do not drift.
    let due = performance.now() + everyMs;
    const tick = () => {
      void this.takeSnapshot();
      const now = performance.now();
      due = Math.max(due + everyMs, now);
      this.timer = setTimeout(tick, due - now);
    };
    this.timer = setTimeout(tick, everyMs);
  }

  /** Not while the last one waits to be drained: then the interval grows, and nothing is lost. */
  private takeSnapshot(last = false): Promise<void> {
    if (this.taking) return this.taking;
    if (!this.snapshots || (this.ready.size > 0 && !last)) return Promise.resolve();
    this.taking = this.collect(this.snapshots);
    return this.taking;
  }

  /** Never rejects: nobody waits for a timer. What failed is thrown by the next `drain`. */
  private async collect(snapshots: Snapshots): Promise<void> {
    try {
      const taken = await snapshots.take(nowNs);
      for (const plan of this.plans) {
        if (plan.kind === 'events') continue;
        const waiting = this.ready.get(plan.schema) ?? [];
        this.ready.set(plan.schema, [...waiting, taken.get(plan.snapshot.name)!]);
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.taking = undefined;
      this.config.poller.wake();
    }
  }

  drain(into: BatchBuilder): number {
    const plan = this.plans.find(({ schema }) => schema === into.schema);
    if (!plan || !this.object) return 0;
    if (this.failure !== undefined) throw this.failure;
    if (plan.kind === 'events') {
      this.eventStacks?.store.turn();
      this.eventStacks?.frames.forget();
      const rows = this.rings.get(plan.schema.stream)?.reader.drain(into) ?? 0;
      if (rows > 0) into.lost += this.newlyLost(plan.ring);
      return rows;
    }
    const waiting = this.ready.get(plan.schema);
    const taken = waiting?.shift();
    if (!taken) return 0;
    if (waiting?.length === 0) this.ready.delete(plan.schema);
    const { timeNs, intervalNs, complete } = taken;
    into.snapshot = { timeNs, intervalNs, complete };
    this.living?.forget();
    this.config.tap?.snapshot(taken, this.covered(plan.schema.stream));
    const isArray = this.isArray(plan);
    const frames = this.framesOf(this.addressesOf(taken), plan.kind === 'stacks' ? plan.text : 'places');
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
    clearTimeout(this.timer);
    this.living?.stop();
    await Promise.all(this.links.splice(0).map((link) => link.detach()));
    await this.taking;
    if (!this.object) return;
    await rcuGracePeriod();
    await this.takeSnapshot(true);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.taking;
    this.release();
  }

  private release(): void {
    for (const { schema } of this.plans) {
      this.lastHeld.set(schema.stream, this.held(schema.stream));
      this.lastLosses.set(schema.stream, this.losses(schema.stream));
      this.lastCovered.set(schema.stream, this.covered(schema.stream));
    }
    this.living?.stop();
    this.living = undefined;
    for (const link of this.links.splice(0)) link.destroy();
    for (const ring of this.rings.values()) {
      this.config.poller.remove(ring.fd);
      ring.unmap();
    }
    this.rings.clear();
    this.ready.clear();
    this.counters = undefined;
    this.snapshots = undefined;
    this.eventStacks = undefined;
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

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function stackMembers(plan: StreamPlan): readonly Member[] {
  const members = plan.kind === 'events' ? plan.record.members : plan.snapshot.key.members;
  return members.filter(({ stack }) => stack !== undefined);
}

function hasStacks(plan: StreamPlan): boolean {
  return stackMembers(plan).length > 0;
}

function hasUserStacks(plan: StreamPlan): boolean {
  return stackMembers(plan).some(({ stack }) => stack?.half === 'user');
}
