import { type Log, type Probe, SkepError } from '@skep/core';
import { type FeatureSet, ObjectProbe, Poller, pluginSchemas, readPluginObject, type Tap } from '@skep/libbpf';
import { SystemSymbolizer } from '@skep/symbols';
import type { PluginInstance } from '../config/config.js';
import { programOf } from './program-text.js';

/** How long user space waits at most before it looks at a ring: the latency of a quiet stream. */
export const LATENCY_MS = 100;

export interface ProbeRequest
  extends Pick<PluginInstance, 'name' | 'plugin' | 'options'>,
    Partial<Pick<PluginInstance, 'allow'>> {
  /** Undefined: one snapshot, at the end. */
  readonly everyMs: number | undefined;
  readonly attachSet?: number;
}

/** What an instance of a configuration does not say. */
export type ProbeSettings = Pick<ProbeRequest, 'everyMs' | 'attachSet'>;

/** What the agent needs of the place that events come from. */
export interface ProbeHost {
  /** The probe of an instance, not open yet. */
  probeOf(instance: PluginInstance, settings: ProbeSettings): Probe | Promise<Probe>;
  /** Settles when there may be something to drain. */
  wait(): Promise<void>;
  /** Let a pending `wait` settle. */
  wake(): void;
}

export interface KernelHostOptions {
  /** Pass libbpf's debug lines to the log. */
  readonly debug?: boolean;
  /** Told of everything that comes from the kernel. */
  readonly tap?: Tap | undefined;
  /** Features that this kernel is taken not to have. */
  readonly without?: FeatureSet | undefined;
  /** Rows go to a text table and nowhere else. */
  readonly isForTable?: boolean;
}

/** The kernel side of the agent: makes probes, and waits for them. One per process. */
export class KernelHost implements ProbeHost {
  private readonly log: Log;
  private readonly options: KernelHostOptions;
  private readonly symbolizer: SystemSymbolizer;
  private poller: Poller | undefined;

  constructor(log: Log, options: KernelHostOptions = {}) {
    this.log = log;
    this.options = options;
    this.symbolizer = new SystemSymbolizer(log);
  }

  /** A probe that is not open yet. Objects are read once, however many instances use them. */
  probe({ name, plugin, options, everyMs, attachSet, allow }: ProbeRequest): ObjectProbe {
    this.poller ??= new Poller();
    const { definition } = plugin;
    const { debug = false, tap, without, isForTable = false } = this.options;
    if (!definition.object || definition.probe) {
      throw new SkepError('SKEP_USAGE', `${plugin.name} makes its rows itself: it has no attach sets`);
    }
    const probe = new ObjectProbe({
      owner: { plugin: plugin.name, source: name },
      definition,
      file: readPluginObject(definition),
      options,
      log: this.log,
      poller: this.poller,
      everyMs,
      debug,
      ...(allow ? { allow } : {}),
      symbolizer: this.symbolizer,
      isForTable,
      ...(without ? { without } : {}),
      ...(attachSet === undefined ? {} : { attachSet }),
    });
    if (tap) probe.listen(tap, isForTable);
    return probe;
  }

  /** The probe of an instance of a configuration: of a plugin, or of a program that is compiled when it is opened. */
  async probeOf(instance: PluginInstance, settings: ProbeSettings): Promise<Probe> {
    const { program } = instance;
    if (instance.plugin.definition.probe) return this.ownProbe(instance, settings);
    if (!program) return this.probe({ ...instance, ...settings });
    // Imported late: few configurations have programs.
    const { ProgramProbe } = await import('@skep/libbcc');
    this.poller ??= new Poller();
    return new ProgramProbe({ ...programOf(instance, program), ...settings, log: this.log, poller: this.poller });
  }

  private async ownProbe({ name, plugin, options }: PluginInstance, { everyMs }: ProbeSettings): Promise<Probe> {
    this.poller ??= new Poller();
    const { definition } = plugin;
    const owner = { plugin: plugin.name, source: name };
    for (const { option, required } of definition.arguments ?? []) {
      if (!required || options[option] !== undefined) continue;
      throw new SkepError('SKEP_OPTION', `${name}: plugin ${plugin.name} needs option "${option}"`);
    }
    const { info } = readPluginObject(definition);
    const schemas = pluginSchemas(owner, definition, info, options);
    const { isForTable = false, tap } = this.options;
    const common = { owner, options, schemas, everyMs, log: this.log, poller: this.poller };
    // What is recorded as rows has one style of frames, whoever looks at it later.
    const style = { isForTable: isForTable && !tap };
    const probe = await definition.probe!({ ...common, symbolizer: this.symbolizer, ...style });
    if (tap && probe instanceof ObjectProbe) probe.listen(tap, isForTable);
    return probe;
  }

  wait(): Promise<void> {
    return this.poller?.wait(LATENCY_MS) ?? Promise.resolve();
  }

  wake(): void {
    this.poller?.wake();
  }

  async close(): Promise<void> {
    await this.poller?.close();
    this.poller = undefined;
  }
}
