import {
  type Capability,
  isSkepError,
  type LossCounts,
  type OptionDefinitions,
  type PluginDefinition,
  type ProbeRequest,
  SkepError,
} from '@skep/core';
import { ProgramObject } from '@skep/tracing';
import { type AllocatorFunction, allocatorFile, allocatorFunctions } from './allocator.js';

const RETURNED = 'returned';
const EXEC = 'became_other';
const SLAB = ['kmalloc', 'kmem_cache_alloc', 'mm_page_alloc', 'kfree', 'kmem_cache_free', 'mm_page_free'];
/** They went into those without a node with Linux 6.1. */
const NODES = ['kmalloc_node', 'kmem_cache_alloc_node'];
const PERCPU = ['percpu_alloc', 'percpu_free'];
/** Bytes of a ring that nothing is written to. */
const NO_RING = 4096;

/** The programs of memleak at work: on the allocator of one process, or on those of the kernel. */
export class LeakPrograms {
  private readonly request: ProbeRequest;
  private functions: readonly AllocatorFunction[] = [];
  private path = '';

  readonly object: ProgramObject;
  /** The process; undefined: the kernel. */
  readonly pid: number | undefined;

  /** @throws SkepError SKEP_OPTION when there is a command and nobody has started it. */
  constructor(request: ProbeRequest, object: PluginDefinition['object'], definitions: OptionDefinitions) {
    const { options, owner, log } = request;
    this.request = request;
    this.pid = options.pid as number | undefined;
    if (options.command !== undefined && this.pid === undefined) {
      const message = `${owner.source}: option "command" is for the command line`;
      throw new SkepError('SKEP_OPTION', message, 'start the program, and give its process with "pid"');
    }
    const plugin = { ...(object ? { object } : {}), options: definitions };
    this.object = new ProgramObject({ name: owner.plugin, plugin, options, log });
  }

  get attached() {
    return this.object.attached;
  }

  /** Reading maps, and looking into processes of others. */
  get needs(): readonly Capability[] {
    return [...this.object.needsFor('allocs'), ...(this.pid === undefined ? [] : ['CAP_SYS_PTRACE' as const])];
  }

  /** @throws SkepErrors as `allocatorFunctions` and `ProgramObject.load`. */
  async open(): Promise<void> {
    const { options } = this.request;
    if (this.pid !== undefined) {
      this.path = allocatorFile(String(options.obj), this.pid);
      this.functions = allocatorFunctions(this.path, String(options.symbols_prefix ?? ''));
    }
    this.object.load(this.programs(), (object) => {
      object.setConstant('in_kernel', Uint8Array.of(this.pid === undefined ? 1 : 0));
      if (options.combined_only !== true) object.map('combined').setMaxEntries(1);
      if (options.trace !== true) object.map('events').setMaxEntries(NO_RING);
    });
  }

  private programs(): string[] {
    if (this.pid !== undefined) return [...this.functions.map(({ entry }) => entry), RETURNED, EXEC];
    return this.request.options.percpu === true ? PERCPU : [...SLAB, ...NODES];
  }

  /** @throws SkepError SKEP_ATTACH, SKEP_PERMISSION: what is attached already goes with `close`. */
  async attach(): Promise<void> {
    if (this.pid !== undefined) this.attachToProcess(this.pid);
    else for (const name of this.programs()) this.attachToKernel(name);
  }

  /** Returns first, and what frees before what allocates: nothing is begun that is not also ended. */
  private attachToProcess(pid: number): void {
    const { object, path, functions } = this;
    object.attach(EXEC);
    for (const { name, offset, hasReturn } of functions) {
      if (hasReturn) object.attachFunction(RETURNED, name, { path, offset, pid, isReturn: true });
    }
    for (const { name, entry, offset } of functions.toReversed()) {
      object.attachFunction(entry, name, { path, offset, pid, isReturn: false });
    }
  }

  private attachToKernel(name: string): void {
    try {
      this.object.attach(name);
    } catch (error) {
      if (!NODES.includes(name) || !isSkepError(error) || error.code !== 'SKEP_ATTACH') throw error;
      this.request.log.debug(`${this.request.owner.source}: ${error.message}`);
    }
  }

  /** Names of `enum memleak_allocator`, by value. */
  get allocators(): ReadonlyMap<number, string> {
    const { members } = this.object.info.rings.get('events')!;
    return members.find(({ field }) => field.name === 'allocator')!.field.labels!;
  }

  /** How often the process has become another program. */
  get generation(): number {
    return Atomics.load(this.object.variable('generation'), 0);
  }

  losses(): LossCounts {
    return this.object.losses('outstanding');
  }

  get skippedRuns() {
    return this.object.skippedRuns;
  }

  detach(): Promise<void> {
    return this.object.detach();
  }

  close(): Promise<void> {
    return this.object.close();
  }
}
