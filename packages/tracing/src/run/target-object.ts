import type { Capability, Log, OptionDefinitions, OptionValues, PluginDefinition } from '@skep/core';
import { applyOptions, type BpfMap, BpfObject, readPluginObject, withOnly } from '@skep/libbpf';
import { type Numbered, type Refused, TargetLinks, type TargetProgram } from './target-links.js';

export interface TargetObjectOptions {
  readonly name: string;
  readonly plugin: Pick<PluginDefinition, 'object'> & { readonly options?: OptionDefinitions };
  readonly options: OptionValues;
  readonly log: Log;
  /** Before it is loaded: sizes of maps, constants. */
  readonly prepare?: (object: BpfObject) => void;
}

/** An object whose programs are attached to places that are known at run time only. */
export class TargetObject {
  private readonly options: TargetObjectOptions;
  private object: BpfObject | undefined;
  private links: TargetLinks | undefined;
  private lastSkippedRuns = 0n;

  constructor(options: TargetObjectOptions) {
    this.options = options;
  }

  /** What is attached, one entry for each place. */
  get attached(): readonly { readonly name: string; readonly section: string }[] {
    return this.links?.attached ?? [];
  }

  /** Descriptors that it holds open for what is attached. */
  get linkCount(): number {
    return this.links?.links.length ?? 0;
  }

  /**
   * Load the programs; those with cookies only where the kernel has them (Linux 5.15).
   *
   * @throws SkepErrors as `BpfObject.load`.
   */
  load(programs: readonly TargetProgram[]): void {
    const copied = programs.map((program) => program.copied);
    const shared = programs.flatMap((program) => program.shared ?? []);
    let hasCookies = shared.length > 0;
    try {
      this.object = this.loaded([...copied, ...shared]);
    } catch (error) {
      if (!hasCookies) throw error;
      hasCookies = false;
      this.object = this.loaded(copied);
    }
    this.links = new TargetLinks(this.object, this.options.log, hasCookies);
  }

  private loaded(names: readonly string[]): BpfObject {
    const { name, plugin, options, log, prepare } = this.options;
    const object = new BpfObject(name, readPluginObject(plugin), log);
    try {
      object.select(new Set(names));
      applyOptions(object, plugin.options ?? {}, options);
      prepare?.(object);
      object.load();
      return object;
    } catch (error) {
      object.close();
      throw error;
    }
  }

  /** What reading this map takes once it is attached: before Linux 5.19 CAP_BPF, where unprivileged BPF is off. */
  needsFor(name: string): readonly Capability[] {
    const { object } = this;
    if (!object) return [];
    return withOnly([], () => object.map(name).isReadable) ? [] : ['CAP_BPF'];
  }

  map(name: string): BpfMap {
    return this.object!.map(name);
  }

  /**
   * Attach a program to every target, as `TargetLinks.attach`.
   *
   * @throws SkepError what was refused first, when nothing could be attached.
   */
  attach(program: TargetProgram, targets: readonly Numbered[], pid?: number): Refused[] {
    return this.links!.attach(program, targets, pid);
  }

  /** Runs of its programs that the kernel skipped, also once it is closed. */
  get skippedRuns(): bigint {
    return this.object?.skippedRuns ?? this.lastSkippedRuns;
  }

  async detach(): Promise<void> {
    await this.links?.detach();
  }

  async close(): Promise<void> {
    await this.detach();
    this.lastSkippedRuns = this.skippedRuns;
    this.links = undefined;
    this.object?.close();
    this.object = undefined;
  }
}
