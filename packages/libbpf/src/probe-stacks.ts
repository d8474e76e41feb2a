import type { FrameStyle, Member, StackFrames, Symbolizer } from '@skep/core';
import type { StreamPlan } from './btf/index.js';
import { epochOf, sideOf } from './epoch.js';
import { LivingProcesses } from './living-processes.js';
import type { BpfObject } from './object.js';
import type { Taken } from './snapshots.js';
import { EventStacks, type NamedStack, NamedStacks, STACK_MAPS, STAYING_STACKS, stackOf } from './stacks.js';
import type { Tap } from './tap.js';

/** The stacks that rows of a probe have: the maps they lie in, and who names their frames. */
export class ProbeStacks {
  /** Whether rows have stacks at all. */
  readonly isUsed: boolean;
  /** Whether they have stacks of processes. */
  readonly hasUser: boolean;
  private readonly plans: readonly StreamPlan[];
  private readonly symbolizer: Symbolizer | undefined;
  private readonly isForTable: boolean;
  private readonly tap: Pick<Tap, 'stack'> | undefined;
  private object: BpfObject | undefined;
  private events: { readonly store: EventStacks; readonly frames: NamedStacks } | undefined;
  private living: LivingProcesses | undefined;

  /**
   * @param symbolizer none: stacks are empty
   * @param isForTable frames may have places in their functions
   * @param tap told of every stack that is named
   */
  constructor(
    plans: readonly StreamPlan[],
    symbolizer: Symbolizer | undefined,
    isForTable = false,
    tap?: Pick<Tap, 'stack'>,
  ) {
    this.plans = plans;
    this.symbolizer = symbolizer;
    this.isForTable = isForTable;
    this.tap = tap;
    this.isUsed = plans.some((plan) => stackMembers(plan).length > 0);
    this.hasUser = plans.some(hasUserStacks);
  }

  /**
   * Before the object is loaded. Where nobody asks for stacks their maps take no memory; where somebody does, processes
   * are named while they live.
   */
  size(object: BpfObject): void {
    const isPrompt = this.hasUser && object.info.variables.has('skep_prompt');
    if (isPrompt) object.setConstant('skep_prompt', new Uint8Array(Uint32Array.of(process.pid).buffer));
    if (this.isUsed) return;
    for (const name of [...STACK_MAPS, STAYING_STACKS])
      if (object.info.maps.includes(name)) object.map(name).setMaxEntries(1);
  }

  /** @param bss the mapped .bss of the loaded object */
  open(object: BpfObject, bss: ArrayBuffer): void {
    this.object = object;
    const { symbolizer } = this;
    if (!this.isUsed || !symbolizer) return;
    symbolizer.prepareKernel();
    if (object.info.snapshots.size > 0) return;
    const maps = STACK_MAPS.map((name) => object.map(name));
    const epoch = epochOf(object.info, bss);
    const store = new EventStacks(maps, (side) => Atomics.store(epoch, 0, side));
    this.events = { store, frames: this.named(symbolizer, 'places', (id) => store.addresses(id)) };
  }

  /** Have processes that a snapshot will tell of named while they live. */
  watch(bss: ArrayBuffer): void {
    const { object, symbolizer } = this;
    const plan = this.plans.find(hasUserStacks);
    if (!symbolizer || !object || !plan || plan.kind === 'events') return;
    const epoch = epochOf(object.info, bss);
    const map = () => object.map(`${plan.snapshot.name}_${sideOf(epoch)}`);
    const { pidOffset } = stackMembers(plan).find(isUserStack)!.stack!;
    this.living = new LivingProcesses(symbolizer, map, pidOffset);
  }

  unwatch(): void {
    this.living?.stop();
  }

  /** An interval is over: ids of processes may be used again. */
  forget(): void {
    this.living?.forget();
  }

  /** Frames of the stacks that events refer to; undefined when they have none. */
  get ofEvents(): StackFrames | undefined {
    return this.events?.frames;
  }

  /** Between drains of events. */
  turn(): void {
    this.events?.store.turn();
    this.events?.frames.forget();
  }

  /**
   * Frames of the stacks that a snapshot refers to.
   *
   * @param style what a text table has
   */
  ofSnapshot({ stacks }: Taken, style: FrameStyle): NamedStacks | undefined {
    if (!this.symbolizer) return undefined;
    const map = !stacks && this.isUsed ? this.object?.map(STAYING_STACKS) : undefined;
    return this.named(this.symbolizer, style, (id) => (stacks ? stacks.get(id) : map && stackOf(map, id)));
  }

  private named(
    symbolizer: Symbolizer,
    style: FrameStyle,
    addresses: (id: bigint) => BigUint64Array | undefined,
  ): NamedStacks {
    const { tap } = this;
    const listener = tap && { tableStyle: style, stack: (stack: NamedStack) => tap.stack(stack) };
    return new NamedStacks(symbolizer, this.isForTable ? style : 'names', addresses, listener);
  }

  close(): void {
    this.living?.stop();
    this.living = undefined;
    this.events = undefined;
    this.object = undefined;
  }
}

/** Which halves the stacks of these streams have. */
export function stackHalves(plans: readonly StreamPlan[]): { readonly kernel: boolean; readonly user: boolean } {
  const members = plans.flatMap(stackMembers);
  return { kernel: members.some((member) => !isUserStack(member)), user: members.some(isUserStack) };
}

function stackMembers(plan: StreamPlan): readonly Member[] {
  const members = plan.kind === 'events' ? plan.record.members : plan.snapshot.key.members;
  return members.filter(({ stack }) => stack !== undefined);
}

function isUserStack({ stack }: Member): boolean {
  return stack?.half === 'user';
}

function hasUserStacks(plan: StreamPlan): boolean {
  return stackMembers(plan).some(isUserStack);
}
