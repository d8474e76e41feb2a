import {
  isSkepError,
  Ledger,
  type LedgerEntry,
  type Log,
  Pump,
  type Schema,
  type SinkContext,
  SkepError,
  SkepErrors,
} from '@skep/core';
import type { ObjectProbe } from '@skep/libbpf';
import type { Config, PluginInstance, SinkInstance } from '../config/config.js';
import { diffConfig } from '../config/diff.js';
import type { KernelHost } from './kernel-host.js';
import { type OpenSink, routesFor } from './routes.js';
import { SinkFaults } from './sink-faults.js';

export interface AgentOptions {
  /** End by itself after this many snapshots of each stream. */
  readonly snapshots?: number | undefined;
  /** A snapshot only at the end, whatever the instances say. */
  readonly onlyAtEnd?: boolean;
  /** Attach set to use, for tests. */
  readonly attachSet?: number;
  /** Asked when a sink's reader went away; default: go on with the others. */
  readonly onBrokenPipe?: (sink: string) => void;
}

interface Source {
  readonly instance: PluginInstance;
  readonly probe: ObjectProbe;
  readonly pump: Pump;
  done: Promise<void>;
}

/**
 * Plugins and sinks at work. `start` opens everything or nothing; `finished` settles when all plugins have ended;
 * `reload` changes to another configuration and leaves untouched what both have in common.
 */
export class Agent {
  readonly ledger = new Ledger();
  private readonly host: KernelHost;
  private readonly log: Log;
  private readonly options: AgentOptions;
  private readonly faults: SinkFaults;
  private config: Config | undefined;
  private sources: Source[] = [];
  private sinks: OpenSink[] = [];
  private failure: unknown;
  private stopping = false;

  constructor(host: KernelHost, log: Log, options: AgentOptions = {}) {
    this.host = host;
    this.log = log;
    this.options = options;
    this.faults = new SinkFaults(log);
  }

  /** @throws SkepErrors what could not be loaded, attached or opened; nothing is left attached. */
  async start(config: Config): Promise<void> {
    const probes = await this.openProbes(config.plugins);
    try {
      this.sinks = await openSinks(config.sinks, this.sinkContext(config));
      this.config = config;
      await this.introduce(this.sinks, config.plugins, probes);
      await attachAll(probes);
      for (const { instance, sink } of this.sinks) {
        await sink.start?.().catch((error: unknown) => this.onSinkError(instance.name, error, 0));
      }
    } catch (error) {
      await closeAll(probes);
      await this.closeSinks();
      throw error;
    }
    for (const instance of config.plugins) this.startSource(instance, probes.get(instance)!);
  }

  /** Settles when every plugin has ended: after `stop`, or by itself. Throws what ended one against its will. */
  async finished(): Promise<void> {
    // A reload may add sources while others end.
    for (let seen: Source[] = []; seen !== this.sources; ) {
      seen = this.sources;
      await Promise.all(seen.map(({ done }) => done));
    }
    await this.closeSinks();
    this.faults.report();
    if (this.failure !== undefined) throw this.failure;
  }

  /** Detach, drain what is left, and let `finished` settle. */
  stop(): void {
    this.stopping = true;
    for (const { pump } of this.sources) pump.stop();
    this.host.wake();
  }

  /** What happened to every event so far. */
  account(): readonly LedgerEntry[] {
    for (const { pump } of this.sources) pump.account();
    return this.ledger.all();
  }

  /**
   * Change to `config`. Plugins and sinks that are the same in both go on undisturbed. New ones are loaded and attached
   * before old ones are let go, so a mistake leaves everything as it was; events of a plugin whose options change may
   * for a moment be seen by both.
   *
   * @throws SkepErrors what could not be loaded, attached or opened; the old configuration goes on.
   */
  async reload(config: Config): Promise<void> {
    if (!this.config || this.stopping) return;
    const { plugins, sinks } = diffConfig(this.config, config);
    const changedPlugins = new Set([...plugins.added, ...plugins.changed]);
    const fresh = config.plugins.filter((instance) => changedPlugins.has(instance));
    const probes = await this.openProbes(fresh);
    let opened: OpenSink[] = [];
    try {
      const changedSinks = new Set([...sinks.added, ...sinks.changed]);
      opened = await openSinks(
        config.sinks.filter((instance) => changedSinks.has(instance)),
        this.sinkContext(config),
      );
      await attachAll(probes);
    } catch (error) {
      await closeAll(probes);
      for (const { sink } of opened) await sink.close().catch(() => undefined);
      throw error;
    }
    await this.switchTo(config, probes, opened);
  }

  private async switchTo(
    config: Config,
    probes: ReadonlyMap<PluginInstance, ObjectProbe>,
    opened: readonly OpenSink[],
  ): Promise<void> {
    const oldSinks = this.sinks;
    this.sinks = config.sinks.map(
      (instance) =>
        opened.find((open) => open.instance === instance) ?? {
          instance,
          sink: oldSinks.find((open) => open.instance.name === instance.name)!.sink,
        },
    );
    const replaced = new Set([...probes.keys()].map(({ name }) => name));
    const stays = (source: Source) =>
      config.plugins.some(({ name }) => name === source.instance.name) && !replaced.has(source.instance.name);
    const leaving = this.sources.filter((source) => !stays(source));
    for (const { pump } of leaving) pump.stop();
    this.host.wake();
    await Promise.all(leaving.map(({ done }) => done));
    const staying = this.sources.filter(stays);
    const known = new Map(staying.map(({ instance, probe }) => [instance.name, probe]));
    for (const [instance, probe] of probes) known.set(instance.name, probe);
    await introduceAll(this.sinks, config.plugins, (instance) => known.get(instance.name)!);
    for (const source of staying) {
      const instance = config.plugins.find(({ name }) => name === source.instance.name)!;
      source.pump.setRoutes(routesFor(instance, this.sinks));
    }
    for (const { sink } of oldSinks) if (!this.sinks.some((open) => open.sink === sink)) await this.closeSink(sink);
    this.config = config;
    this.sources = staying;
    for (const [instance, probe] of probes) this.startSource(instance, probe);
  }

  private startSource(instance: PluginInstance, probe: ObjectProbe): void {
    const pump = new Pump({
      source: instance.name,
      probe,
      routes: routesFor(instance, this.sinks),
      ledger: this.ledger,
      wait: () => this.host.wait(),
      onSinkError: (sink, error, rows) => this.onSinkError(sink, error, rows),
      snapshots: this.options.snapshots,
    });
    const done = pump.run().catch((error: unknown) => {
      // One plugin's fault ends that plugin; the others go on, and the agent says so at the end.
      this.failure ??= error;
      this.log.error(`${instance.name} has ended: ${error instanceof Error ? error.message : String(error)}`);
    });
    this.sources = [...this.sources, { instance, probe, pump, done }];
  }

  private onSinkError(sink: string, error: unknown, rows: number): void {
    if (isBrokenPipeError(error)) this.options.onBrokenPipe?.(sink);
    this.faults.add(sink, error, rows);
  }

  private async openProbes(instances: readonly PluginInstance[]): Promise<Map<PluginInstance, ObjectProbe>> {
    const probes = new Map<PluginInstance, ObjectProbe>();
    const problems: SkepError[] = [];
    for (const instance of instances) {
      try {
        const everyMs = this.options.onlyAtEnd ? undefined : instance.everyMs;
        const { attachSet } = this.options;
        const probe = this.host.probe({ ...instance, everyMs, ...(attachSet === undefined ? {} : { attachSet }) });
        probes.set(instance, probe);
        await probe.open();
      } catch (error) {
        if (!isSkepError(error)) throw error;
        problems.push(error);
      }
    }
    if (problems.length > 0) {
      await closeAll(probes);
      throw problems.length === 1 ? problems[0] : new SkepErrors(problems);
    }
    return probes;
  }

  private async introduce(
    sinks: readonly OpenSink[],
    plugins: readonly PluginInstance[],
    probes: ReadonlyMap<PluginInstance, ObjectProbe>,
  ): Promise<void> {
    await introduceAll(sinks, plugins, (instance) => probes.get(instance)!);
  }

  private sinkContext(config: Config): (name: string) => SinkContext {
    return (name) => ({ name, folder: config.folder, log: this.log });
  }

  private async closeSinks(): Promise<void> {
    for (const { sink } of this.sinks.splice(0)) await this.closeSink(sink);
  }

  private async closeSink(sink: OpenSink['sink']): Promise<void> {
    try {
      await sink.flush();
      await sink.close();
    } catch (error) {
      if (!isBrokenPipeError(error)) this.log.error(error instanceof Error ? error.message : String(error));
    }
  }
}

async function openSinks(
  instances: readonly SinkInstance[],
  context: (name: string) => SinkContext,
): Promise<OpenSink[]> {
  return instances.map((instance) => ({
    instance,
    sink: instance.sink.definition.create(instance.options, context(instance.name)),
  }));
}

/** Tell each sink every schema that may arrive. */
async function introduceAll(
  sinks: readonly OpenSink[],
  plugins: readonly PluginInstance[],
  probeOf: (instance: PluginInstance) => ObjectProbe,
): Promise<void> {
  for (const { instance, sink } of sinks) {
    const schemas: Schema[] = plugins
      .filter(({ name }) => instance.from.includes(name))
      .flatMap((plugin) => probeOf(plugin).schemas);
    await sink.open(schemas);
  }
}

async function attachAll(probes: ReadonlyMap<PluginInstance, ObjectProbe>): Promise<void> {
  const problems: SkepError[] = [];
  for (const probe of probes.values()) {
    try {
      await probe.attach();
    } catch (error) {
      if (!isSkepError(error)) throw error;
      problems.push(error);
    }
  }
  if (problems.length > 0) throw problems.length === 1 ? problems[0]! : new SkepErrors(problems);
}

async function closeAll(probes: ReadonlyMap<PluginInstance, ObjectProbe>): Promise<void> {
  await Promise.all([...probes.values()].map((probe) => probe.close()));
}

/** The reader of a pipe went away: `skep opensnoop | head`. */
function isBrokenPipeError(error: unknown): boolean {
  const cause = error instanceof SkepError || isSkepError(error) ? error.cause : error;
  return (cause as { code?: unknown } | undefined)?.code === 'EPIPE';
}
