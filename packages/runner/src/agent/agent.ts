import {
  isSkepError,
  Ledger,
  type LedgerEntry,
  type Log,
  type Probe,
  Pump,
  type Schema,
  SkepError,
  SkepErrors,
} from '@skep/core';
import type { Config, PluginInstance, SinkInstance } from '../config/config.js';
import { diffConfig } from '../config/diff.js';
import { configDigest } from '../config/digest.js';
import { VERSION } from '../version.js';
import { faultOf, fenced, fencedAsync } from './fault.js';
import { Faults } from './faults.js';
import type { ProbeHost } from './kernel-host.js';
import { Pipeline } from './pipeline.js';
import type { Privileges } from './privileges.js';
import { type OpenSink, routesFor } from './routes.js';

export interface AgentOptions {
  /** End by itself after this many snapshots of each stream. */
  readonly snapshots?: number | undefined;
  /** A snapshot only at the end, whatever the instances say. */
  readonly onlyAtEnd?: boolean;
  /** Attach set to use, for tests. */
  readonly attachSet?: number;
  /** Asked when a sink's reader went away: true when that is no fault to report. Default: it is one, as any other. */
  readonly onBrokenPipe?: (sink: string) => boolean;
  /** Given up once everything is attached. Default: the process keeps what it may do. */
  readonly privileges?: Privileges;
}

interface Source {
  readonly instance: PluginInstance;
  readonly probe: Probe;
  readonly pump: Pump;
  pipeline: Pipeline;
  done: Promise<void>;
}

/**
 * Plugins and sinks at work. `start` opens everything or nothing; `finished` settles when all plugins have ended;
 * `reload` changes to another configuration and leaves untouched what both have in common.
 */
export class Agent {
  readonly ledger = new Ledger();
  private readonly host: ProbeHost;
  private readonly log: Log;
  private readonly options: AgentOptions;
  private readonly faults: Faults;
  private config: Config | undefined;
  private sources: Source[] = [];
  private sinks: OpenSink[] = [];
  private failure: unknown;
  private reloading: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  private readonly startedMs = Date.now();

  constructor(host: ProbeHost, log: Log, options: AgentOptions = {}) {
    this.host = host;
    this.log = log;
    this.options = options;
    this.faults = new Faults(log);
  }

  /** @throws SkepErrors what could not be loaded, attached or opened; nothing is left attached. */
  async start(config: Config): Promise<void> {
    const probes = await this.openProbes(config.plugins);
    const pipelines = new Map<string, Pipeline>();
    try {
      for (const [instance, { schemas }] of probes) {
        pipelines.set(instance.name, new Pipeline(instance, schemas, config, this.log));
      }
      this.sinks = this.createSinks(config, config.sinks);
      this.config = config;
      const openSinks = async () => {
        for (const one of this.sinks) await openSink(one, wanted(one.instance, pipelines));
      };
      const { privileges } = this.options;
      if (!privileges?.becomesUser) await openSinks();
      await attachAll(probes);
      privileges?.drop(config, probes.values());
      if (privileges?.becomesUser) await openSinks();
      await this.beginOutput(this.sinks);
    } catch (error) {
      await closeAll(probes);
      await this.closeSinks();
      throw error;
    }
    for (const [instance, probe] of probes) this.startSource(instance, probe, pipelines.get(instance.name)!);
  }

  /** Settles when every plugin has ended: after `stop`, or by itself. Throws what ended one against its will. */
  async finished(): Promise<void> {
    // A reload may add sources while others end.
    for (let seen: Source[] | undefined; seen !== this.sources; ) {
      seen = this.sources;
      await Promise.all(seen.map(({ done }) => done));
      await this.reloading;
    }
    await this.closeSinks();
    this.faults.report();
    if (this.failure !== undefined) throw this.failure;
  }

  /** Detach, drain what is left, and let `finished` settle. */
  stop(): void {
    this.stopped.abort();
    for (const { pump } of this.sources) pump.stop();
    this.host.wake();
  }

  /** What happened to every event so far. */
  account(): readonly LedgerEntry[] {
    for (const { pump } of this.sources) pump.account();
    return this.ledger.all();
  }

  /**
   * Change to `config`. Plugins and sinks that are the same in both go on undisturbed. New ones are loaded, opened and
   * attached before old ones are let go, so a mistake leaves everything as it was; events of a plugin whose options
   * change may for a moment be seen by both. Calls must not overlap.
   *
   * @throws SkepErrors what could not be loaded, attached or opened; the old configuration goes on.
   */
  async reload(config: Config): Promise<void> {
    if (!this.config || this.isStopping) return;
    const change = this.change(config, this.config);
    this.reloading = change.catch(() => undefined);
    try {
      await change;
    } finally {
      this.reloading = undefined;
    }
  }

  private get isStopping(): boolean {
    return this.stopped.signal.aborted;
  }

  private async change(config: Config, old: Config): Promise<void> {
    const { plugins, processors, sinks } = diffConfig(old, config);
    const fresh = config.plugins.filter((one) => !plugins.kept.includes(one));
    this.options.privileges?.requireLoading(fresh.map(({ name }) => name));
    const probes = await this.openProbes(fresh);
    const created: OpenSink[] = [];
    const keptSinks = this.sinks.filter(({ instance }) => sinks.kept.some(({ name }) => name === instance.name));
    const stays = ({ instance }: Source) => plugins.kept.some(({ name }) => name === instance.name);
    const staying = this.sources.filter(stays);
    const leaving = this.sources.filter((source) => !stays(source));
    const keptProcessors = new Set(processors.kept.map(({ name }) => name));
    const pipelines = new Map<string, Pipeline>();
    try {
      for (const instance of config.plugins) {
        const stays = staying.find((one) => one.instance.name === instance.name);
        const { schemas } = probes.get(instance) ?? stays!.probe;
        const pipeline = new Pipeline(instance, schemas, config, this.log, stays?.pipeline, keptProcessors);
        pipelines.set(instance.name, pipeline);
      }
      created.push(...this.createSinks(config, [...sinks.added, ...sinks.changed]));
      for (const one of created) await openSink(one, wanted(one.instance, pipelines));
      // A sink that stays still gets the last rows of the plugins and processors that leave.
      for (const { instance, sink } of keptSinks) {
        const next = config.sinks.find(({ name }) => name === instance.name)!;
        const last = this.sources.flatMap(({ pipeline }) => pipeline.schemasOf(instance.from));
        await openSink({ instance, sink }, [...new Set([...wanted(next, pipelines), ...last])]);
      }
      await attachAll(probes);
    } catch (error) {
      await closeAll(probes);
      for (const { sink } of created) await sink.close().catch(() => undefined);
      const before = new Map(this.sources.map(({ instance, pipeline }) => [instance.name, pipeline]));
      for (const { instance, sink } of keptSinks) await sink.open(wanted(instance, before)).catch(() => undefined);
      throw error;
    }
    for (const { pump } of leaving) pump.stop();
    this.host.wake();
    await Promise.all(leaving.map(({ done }) => done));
    await this.switchTo(config, staying, pipelines, created);
    for (const [instance, probe] of probes) this.startSource(instance, probe, pipelines.get(instance.name)!);
  }

  /** From here on nothing may fail: what was asked for is open. */
  private async switchTo(
    config: Config,
    staying: readonly Source[],
    pipelines: ReadonlyMap<string, Pipeline>,
    created: readonly OpenSink[],
  ): Promise<void> {
    const oldSinks = this.sinks;
    this.sinks = config.sinks.map((instance) => {
      const open = created.find((one) => one.instance === instance);
      return open ?? { instance, sink: oldSinks.find((one) => one.instance.name === instance.name)!.sink };
    });
    await this.beginOutput(created);
    const emptied = staying.map((source) => {
      const instance = config.plugins.find(({ name }) => name === source.instance.name)!;
      source.pipeline = pipelines.get(instance.name)!;
      return source.pump.setRoutes(routesFor(instance, this.sinks, source.pipeline));
    });
    this.host.wake();
    await Promise.all(emptied);
    for (const { instance, sink } of this.sinks) {
      if (created.some((one) => one.sink === sink)) continue;
      const schemas = wanted(instance, pipelines);
      await sink.open(schemas).catch((error: unknown) => this.onSinkError(instance.name, error, 0));
    }
    for (const one of oldSinks) if (!this.sinks.some(({ sink }) => sink === one.sink)) await this.closeSink(one);
    this.config = config;
    this.sources = [...staying];
  }

  private startSource(instance: PluginInstance, probe: Probe, pipeline: Pipeline): void {
    const pump = new Pump({
      source: instance.name,
      probe,
      routes: routesFor(instance, this.sinks, pipeline),
      ledger: this.ledger,
      wait: () => this.host.wait(),
      onSinkError: (sink, error, rows) => this.onSinkError(sink, error, rows),
      onSourceError: (source, error, updates) => this.faults.add(`plugin ${source}`, error, updates),
      snapshots: this.options.snapshots,
    });
    // Asked to stop while it was being attached.
    if (this.isStopping) pump.stop();
    const done = pump.run().catch((error: unknown) => {
      // One plugin's fault ends that plugin; the others go on, and the agent says so at the end.
      this.failure ??= error;
      this.log.error(`${instance.name} has ended: ${error instanceof Error ? error.message : String(error)}`);
    });
    this.sources = [...this.sources, { instance, probe, pump, pipeline, done }];
  }

  private onSinkError(sink: string, error: unknown, rows: number): void {
    if (isBrokenPipeError(error) && this.options.onBrokenPipe?.(sink)) return;
    this.faults.add(`sink ${sink}`, error, rows);
  }

  private async openProbes(instances: readonly PluginInstance[]): Promise<Map<PluginInstance, Probe>> {
    const probes = new Map<PluginInstance, Probe>();
    const problems: SkepError[] = [];
    for (const instance of instances) {
      try {
        const everyMs = this.options.onlyAtEnd ? undefined : instance.everyMs;
        const { attachSet } = this.options;
        const set = attachSet === undefined ? {} : { attachSet };
        const probe = await this.host.probeOf(instance, { everyMs, ...set });
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

  private createSinks(config: Config, instances: readonly SinkInstance[]): OpenSink[] {
    const context = {
      folder: config.folder,
      log: this.log,
      agent: {
        name: config.agent.name,
        version: VERSION,
        startedMs: this.startedMs,
        configDigest: () => configDigest(this.config ?? config),
      },
      account: () => this.account(),
      stopping: this.stopped.signal,
    };
    return instances.map((instance) => ({
      instance,
      sink: fenced(`sink ${instance.name}`, () =>
        instance.sink.definition.create(instance.options, { ...context, name: instance.name }),
      ),
    }));
  }

  private async beginOutput(sinks: readonly OpenSink[]): Promise<void> {
    for (const { instance, sink } of sinks) {
      // One that is not asynchronous may throw at once.
      await fencedAsync(`sink ${instance.name}`, async () => sink.start?.()).catch((error: unknown) =>
        this.onSinkError(instance.name, error, 0),
      );
    }
  }

  private async closeSinks(): Promise<void> {
    for (const one of this.sinks.splice(0)) await this.closeSink(one);
  }

  private async closeSink({ instance, sink }: OpenSink): Promise<void> {
    try {
      try {
        await sink.flush();
      } finally {
        // What it holds open is let go of, whatever became of its last rows.
        await sink.close();
      }
    } catch (error) {
      if (!isBrokenPipeError(error)) this.log.error(faultOf(`sink ${instance.name}`, error).message);
    }
  }
}

function openSink({ instance, sink }: OpenSink, schemas: readonly Schema[]): Promise<void> {
  return fencedAsync(`sink ${instance.name}`, () => sink.open(schemas));
}

/** What may arrive at a sink. */
function wanted({ from }: SinkInstance, pipelines: ReadonlyMap<string, Pipeline>): Schema[] {
  return [...pipelines.values()].flatMap((pipeline) => pipeline.schemasOf(from));
}

async function attachAll(probes: ReadonlyMap<PluginInstance, Probe>): Promise<void> {
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

async function closeAll(probes: ReadonlyMap<PluginInstance, Probe>): Promise<void> {
  await Promise.all([...probes.values()].map((probe) => probe.close()));
}

/** The reader of a pipe went away: `skep opensnoop | head`. */
function isBrokenPipeError(error: unknown): boolean {
  const cause = error instanceof SkepError || isSkepError(error) ? error.cause : error;
  return (cause as { code?: unknown } | undefined)?.code === 'EPIPE';
}
