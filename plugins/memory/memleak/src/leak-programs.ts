import {
  type Capability,
  type LossCounts,
  type OptionDefinitions,
  type PluginDefinition,
  type ProbeRequest,
  SkepError,
} from '@skep/core';
import {
  applyOptions,
  attachProgram,
  attachUserProbe,
  type BpfMap,
  BpfObject,
  Counters,
  type FdLink,
  type Link,
  libbpf,
  type MappedSection,
  readPluginObject,
  withOnly,
} from '@skep/libbpf';
import { type AllocatorFunction, allocatorFile, allocatorFunctions } from './allocator.js';

const RETURNED = 'returned';
const EXEC = 'became_other';
const SLAB = ['kmalloc', 'kmem_cache_alloc', 'mm_page_alloc', 'kfree', 'kmem_cache_free', 'mm_page_free'];
/** They went into those without a node with Linux 6.1. */
const NODES = ['kmalloc_node', 'kmem_cache_alloc_node'];
const PERCPU = ['percpu_alloc', 'percpu_free'];

/** The programs of memleak at work: on the allocator of one process, or on those of the kernel. */
export class LeakPrograms {
  private readonly request: ProbeRequest;
  private readonly plugin: Pick<PluginDefinition, 'object'> & { readonly options: OptionDefinitions };
  private readonly links: (FdLink | Link)[] = [];
  private readonly names: { readonly name: string; readonly section: string }[] = [];
  private functions: readonly AllocatorFunction[] = [];
  private path = '';
  private object: BpfObject | undefined;
  private bss: MappedSection | undefined;
  private counters: Counters | undefined;

  /** The process; undefined: the kernel. */
  readonly pid: number | undefined;

  /** @throws SkepError SKEP_OPTION when there is a command and nobody has started it. */
  constructor(request: ProbeRequest, object: PluginDefinition['object'], options: OptionDefinitions) {
    this.request = request;
    this.plugin = { ...(object ? { object } : {}), options };
    this.pid = request.options.pid as number | undefined;
    if (request.options.command !== undefined && this.pid === undefined) {
      const message = `${request.owner.source}: option "command" is for the command line`;
      throw new SkepError('SKEP_OPTION', message, 'start the program, and give its process with "pid"');
    }
  }

  get attached(): readonly { readonly name: string; readonly section: string }[] {
    return this.names;
  }

  /** What reading takes once it is attached: before Linux 5.19 CAP_BPF; processes of others are looked into. */
  get needs(): readonly Capability[] {
    const { object } = this;
    if (!object) return [];
    const isReadable = withOnly([], () => object.map('allocs').isReadable);
    return [
      ...(isReadable ? [] : ['CAP_BPF' as const]),
      ...(this.pid === undefined ? [] : ['CAP_SYS_PTRACE' as const]),
    ];
  }

  /** @throws SkepErrors as `allocatorFunctions` and `BpfObject.load`. */
  open(): void {
    const { options, log, owner } = this.request;
    if (this.pid !== undefined) {
      this.path = allocatorFile(String(options.obj), this.pid);
      this.functions = allocatorFunctions(this.path, String(options.symbols_prefix ?? ''));
    }
    const object = new BpfObject(owner.plugin, readPluginObject(this.plugin), log);
    this.object = object;
    object.select(new Set(this.programs()));
    applyOptions(object, this.plugin.options, options);
    object.setConstant('in_kernel', Uint8Array.of(this.pid === undefined ? 1 : 0));
    if (options.combined_only !== true) object.map('combined').setMaxEntries(1);
    if (options.trace !== true) object.map('events').setMaxEntries(4096);
    object.load();
    this.bss = object.mapSection('.bss')!;
    this.counters = new Counters(object.info, this.bss.buffer, libbpf().libbpf_num_possible_cpus());
  }

  /** Names of what this kernel does not have are not shown to it: those are told apart when they are attached. */
  private programs(): string[] {
    if (this.pid !== undefined) return [...new Set(this.functions.map(({ entry }) => entry)), RETURNED, EXEC];
    return this.request.options.percpu === true ? PERCPU : [...SLAB, ...NODES];
  }

  /** @throws SkepError SKEP_ATTACH, SKEP_PERMISSION: nothing is half attached, `close` lets go of the rest. */
  attach(): void {
    if (this.pid !== undefined) this.attachToProcess(this.pid);
    else for (const name of this.programs()) this.attachByName(name);
  }

  private attachToProcess(pid: number): void {
    this.attachByName(EXEC);
    // Returns first, and what frees before what allocates: nothing is begun that is not also ended.
    const { path, functions } = this;
    for (const { name, offset, hasReturn } of functions) {
      if (hasReturn) this.attachFunction(RETURNED, name, { path, offset, pid, isReturn: true });
    }
    for (const { name, entry, offset } of functions.toReversed()) {
      this.attachFunction(entry, name, { path, offset, pid, isReturn: false });
    }
  }

  private attachFunction(program: string, name: string, probe: Parameters<typeof attachUserProbe>[1]): void {
    const fd = libbpf().bpf_program__fd(this.object!.program(program));
    this.links.push(attachUserProbe(fd, probe));
    this.names.push({ name: program, section: `${probe.isReturn ? 'uretprobe' : 'uprobe'}/${probe.path}:${name}` });
  }

  private attachByName(name: string): void {
    const { section } = this.object!.info.programs.find((program) => program.name === name)!;
    try {
      this.links.push(...attachProgram(this.object!, name));
    } catch (error) {
      if (!NODES.includes(name)) throw error;
      this.request.log.debug(`${this.request.owner.source}: ${(error as Error).message}`);
      return;
    }
    this.names.push({ name, section });
  }

  map(name: string): BpfMap {
    return this.object!.map(name);
  }

  get info() {
    return this.object!.info;
  }

  /** Names of `enum memleak_allocator`, by value. */
  get allocators(): ReadonlyMap<number, string> {
    const { members } = this.info.rings.get('events')!;
    return members.find(({ field }) => field.name === 'allocator')!.field.labels!;
  }

  /** A 32-bit variable of the programs, in place. */
  variable(name: string): Uint32Array {
    return new Uint32Array(this.bss!.buffer, this.info.variables.get(name)!.offset, 1);
  }

  losses(stream: string): LossCounts {
    return this.counters!.total(stream);
  }

  async detach(): Promise<void> {
    await Promise.all(this.links.splice(0).map((link) => link.detach()));
  }

  async close(): Promise<void> {
    await this.detach();
    this.counters = undefined;
    this.bss?.unmap();
    this.bss = undefined;
    this.object?.close();
    this.object = undefined;
  }
}
