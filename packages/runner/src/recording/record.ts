import { release } from 'node:os';
import { defineSink, type Log, type Probe, type SinkPlugin } from '@skep/core';
import { ObjectProbe } from '@skep/libbpf';
import { Agent } from '../agent/agent.js';
import { KernelHost, type KernelHostOptions, type ProbeSettings } from '../agent/kernel-host.js';
import { optionFilters } from '../agent/routes.js';
import type { Config, PluginInstance, SinkInstance } from '../config/config.js';
import type { RecordedStream, RecordingHeader } from './header.js';
import { recordedRows, recordedStream, versionFor } from './header.js';
import { Recorder } from './recorder.js';

/** Sinks that get the rows while they are recorded. */
export interface LiveOutput {
  readonly sinks: readonly SinkInstance[];
  /** They are a text table and nothing else: frames of stacks have places in their functions. Default: names alone. */
  readonly isForTable?: boolean;
}

/** Plugins at work whose raw records go to a file. */
export class Recording {
  private readonly agent: Agent;
  private readonly host: KernelHost;
  private readonly recorder: Recorder;

  private constructor(agent: Agent, host: KernelHost, recorder: Recorder) {
    this.agent = agent;
    this.host = host;
    this.recorder = recorder;
  }

  /**
   * Load, attach and begin to write.
   *
   * @throws SkepError what the kernel refuses, and SKEP_SINK when the file cannot be made.
   */
  static async start(
    plugins: readonly PluginInstance[],
    path: string,
    log: Log,
    { sinks, isForTable = false }: LiveOutput = { sinks: [] },
  ): Promise<Recording> {
    const recorder = await Recorder.create(path);
    const host = new RecordingHost(log, { tap: recorder.tap, isForTable }, recorder);
    const agent = new Agent(host, log);
    try {
      await recorder.begin(await headerOf(plugins, host));
      await agent.start(configOf(plugins, recorder, sinks));
    } catch (error) {
      await recorder.end();
      await host.close();
      throw error;
    }
    return new Recording(agent, host, recorder);
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.recorder.bytes;
  }

  account(): ReturnType<Agent['account']> {
    return this.agent.account();
  }

  stop(): void {
    this.agent.stop();
  }

  /** Settles when everything is in the file. */
  async finished(): Promise<void> {
    try {
      await this.agent.finished();
      for (const { source, stream, attempted, ringFull, mapFull, cut, held } of this.agent.account()) {
        this.recorder.losses(source, stream, { attempted, ringFull, mapFull, cut }, held);
      }
    } finally {
      await this.recorder.end();
      await this.host.close();
    }
  }
}

/** Everything that is needed to decode the records without the objects that made them. */
async function headerOf(plugins: readonly PluginInstance[], host: KernelHost): Promise<RecordingHeader> {
  const sources: RecordingHeader['sources'][number][] = [];
  for (const instance of plugins) {
    const { name, plugin, options } = instance;
    const probe = await host.probeOf(instance, { everyMs: undefined });
    let streams: RecordedStream[];
    try {
      await probe.open();
      streams = streamsOf(probe);
    } finally {
      await probe.close();
    }
    const filters = optionFilters(plugin.definition, options);
    const { package: packageName, version } = plugin;
    sources.push({ name, plugin: plugin.name, package: packageName, version, options, filters, streams });
  }
  const isNew = sources.some(({ streams }) => streams.some((stream) => versionFor(stream) > 1));
  return { version: isNew ? 2 : 1, startedMs: Date.now(), kernel: release(), sources };
}

/** Raw records where there are any; of a probe that makes its rows itself the rows. */
function streamsOf(probe: Probe): RecordedStream[] {
  if (!(probe instanceof ObjectProbe)) return probe.schemas.map(recordedRows);
  return probe.streamPlans().map(({ plan, isArray }) => recordedStream(plan, isArray));
}

/** Tells the recorder which probes there are. */
class RecordingHost extends KernelHost {
  private readonly recorder: Recorder;

  constructor(log: Log, options: KernelHostOptions, recorder: Recorder) {
    super(log, options);
    this.recorder = recorder;
  }

  override async probeOf(instance: PluginInstance, settings: ProbeSettings): Promise<Probe> {
    const probe = await super.probeOf(instance, settings);
    this.recorder.follow(instance.name, probe);
    return probe;
  }
}

/** The recorder and the live sinks behind the plugins. */
function configOf(plugins: readonly PluginInstance[], recorder: Recorder, live: readonly SinkInstance[]): Config {
  const location = { file: 'command line', line: 1, column: 1, text: '', length: 1 };
  const sink: SinkInstance = {
    name: 'recording',
    sink: {
      kind: 'sink',
      ...{ name: 'recording', package: '', version: '', description: '', folder: '', category: undefined },
      definition: defineSink({ create: () => recorder }) as SinkPlugin,
    },
    options: {},
    secrets: [],
    from: plugins.map(({ name }) => name),
    getsEverything: true,
    where: undefined,
    location,
  };
  return {
    ...{ version: 1, file: 'command line', folder: process.cwd() },
    agent: { name: '', metrics: undefined, log: 'info', user: undefined, privileges: 'keep' },
    plugins,
    processors: [],
    // First, so that it is asked while what the probe has told is that of its batch.
    sinks: [sink, ...live],
  };
}
