import { definePlugin, type Log, type OptionDefinitions, objectFile, type Plugin } from '@skep/core';
import { Agent, type AgentOptions } from '../agent/agent.js';
import type { Config, PluginInstance } from '../config/config.js';
import { type LoadedPlugin, loadPlugin } from '../discovery/load-package.js';
import type { RecordedSource, RecordingHeader } from './header.js';
import type { RecordingFile } from './recording-file.js';
import { ReplayHost, type ReplaySettings } from './replay-host.js';

/** An agent whose events come from a recording; start it, and `finished` settles at the end of the recording. */
export function createReplay(file: RecordingFile, settings: ReplaySettings, log: Log, options: AgentOptions): Agent {
  const host = new ReplayHost(file, settings, () => agent.stop());
  const agent: Agent = new Agent(host, log, options);
  return agent;
}

/** The recorded plugins as instances; `folder` is where installed packages are looked for. */
export function recordedPlugins({ sources }: RecordingHeader, folder: string): Promise<PluginInstance[]> {
  return Promise.all(sources.map(async (source) => instanceOf(source, await installed(source, folder))));
}

/** A configuration without plugins, to be filled with those of a recording. */
export type ReplayConfig = Omit<Config, 'plugins'>;

/** The definition, for what a recording cannot hold: functions that compute columns. */
async function installed({ package: name }: RecordedSource, folder: string): Promise<LoadedPlugin | undefined> {
  try {
    return await loadPlugin(name, [folder]);
  } catch {
    return undefined;
  }
}

function instanceOf(source: RecordedSource, plugin: LoadedPlugin | undefined): PluginInstance {
  const { name, filters } = source;
  // The filters are known as they were; what the options meant to the kernel has had its effect.
  const options = Object.fromEntries(
    filters.map((text, i) => [`filter${i}`, { kind: 'boolean', help: '', where: () => text }]),
  ) as OptionDefinitions;
  const definition = {
    ...definePlugin({ object: objectFile(new URL('file:///recorded')), attach: [], streams: {}, selftest: [] }),
    streams: plugin?.definition.streams ?? {},
    options,
  } as unknown as Plugin;
  return {
    name,
    plugin: {
      kind: 'plugin',
      ...{ name: source.plugin, package: source.package, version: source.version },
      ...{ description: '', folder: '', category: undefined, definition },
    },
    options: Object.fromEntries(Object.keys(options).map((option) => [option, true])),
    everyMs: 0,
    program: undefined,
    attach: [],
    allow: [],
    location: { file: 'recording', line: 1, column: 1, text: '', length: 1 },
  };
}
