import type { Capability, Log, LossCounts, OptionDefinitions, OptionValues, PluginDefinition } from '@skep/core';
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
  type ObjectInfo,
  readPluginObject,
  type UserProbe,
  withOnly,
} from '@skep/libbpf';

export interface ProgramObjectOptions {
  readonly name: string;
  readonly plugin: Pick<PluginDefinition, 'object'> & { readonly options?: OptionDefinitions };
  readonly options: OptionValues;
  readonly log: Log;
}

/** An object whose programs are chosen at run time, each attached by its section or to functions of a file. */
export class ProgramObject {
  private readonly options: ProgramObjectOptions;
  private readonly links: (FdLink | Link)[] = [];
  private readonly names: { readonly name: string; readonly section: string }[] = [];
  private object: BpfObject | undefined;
  private bss: MappedSection | undefined;
  private counters: Counters | undefined;
  private lastSkippedRuns = 0n;

  constructor(options: ProgramObjectOptions) {
    this.options = options;
  }

  /** What is attached, one entry for each place. */
  get attached(): readonly { readonly name: string; readonly section: string }[] {
    return this.names;
  }

  /**
   * Load these programs.
   *
   * @param prepare before it is loaded: sizes of maps, constants
   * @throws SkepErrors as `BpfObject.load`.
   */
  load(programs: readonly string[], prepare: (object: BpfObject) => void): void {
    const { name, plugin, options, log } = this.options;
    const object = new BpfObject(name, readPluginObject(plugin), log);
    this.object = object;
    object.select(new Set(programs));
    applyOptions(object, plugin.options ?? {}, options);
    prepare(object);
    object.load();
    this.bss = object.mapSection('.bss')!;
    this.counters = new Counters(object.info, this.bss.buffer, libbpf().libbpf_num_possible_cpus());
  }

  /** Attach a program to what its section names. @throws SkepErrors as `attachProgram`. */
  attach(program: string): void {
    this.links.push(...attachProgram(this.object!, program));
    const { section } = this.info.programs.find(({ name }) => name === program)!;
    this.names.push({ name: program, section });
  }

  /** Attach a program to a function of a file, as often as it is asked for. @throws SkepErrors as `attachUserProbe`. */
  attachFunction(program: string, name: string, probe: UserProbe): void {
    this.links.push(attachUserProbe(libbpf().bpf_program__fd(this.object!.program(program)), probe));
    this.names.push({ name: program, section: `${probe.isReturn ? 'uretprobe' : 'uprobe'}/${probe.path}:${name}` });
  }

  get info(): ObjectInfo {
    return this.object!.info;
  }

  map(name: string): BpfMap {
    return this.object!.map(name);
  }

  /** What reading this map takes once it is attached: before Linux 5.19 CAP_BPF, where unprivileged BPF is off. */
  needsFor(name: string): readonly Capability[] {
    const { object } = this;
    if (!object) return [];
    return withOnly([], () => object.map(name).isReadable) ? [] : ['CAP_BPF'];
  }

  /** A 32-bit variable of the programs, in place; not after `close`. */
  variable(name: string): Uint32Array {
    return new Uint32Array(this.bss!.buffer, this.info.variables.get(name)!.offset, 1);
  }

  /** What the programs counted under the name of a ring or of `SKEP_COUNTS`. */
  losses(name: string): LossCounts {
    return this.counters!.total(name);
  }

  /** Runs of its programs that the kernel skipped, also once it is closed. */
  get skippedRuns(): bigint {
    return this.object?.skippedRuns ?? this.lastSkippedRuns;
  }

  async detach(): Promise<void> {
    await Promise.all(this.links.splice(0).map((link) => link.detach()));
  }

  async close(): Promise<void> {
    await this.detach();
    this.lastSkippedRuns = this.skippedRuns;
    this.counters = undefined;
    this.bss?.unmap();
    this.bss = undefined;
    this.object?.close();
    this.object = undefined;
  }
}
