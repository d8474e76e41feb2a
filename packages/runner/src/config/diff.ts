import { isDeepStrictEqual } from 'node:util';
import type { PackageInfo } from '../discovery/package-info.js';
import type { AgentConfig, Config, PluginInstance, ProcessorInstance, SinkInstance } from './config.js';

/** Which instances a reload must start, stop, replace and leave alone; those of the new file, except `removed`. */
export interface InstanceDiff<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly changed: readonly T[];
  readonly kept: readonly T[];
}

export interface ConfigDiff {
  readonly plugins: InstanceDiff<PluginInstance>;
  readonly processors: InstanceDiff<ProcessorInstance>;
  readonly sinks: InstanceDiff<SinkInstance>;
  /** Settings of the agent that differ. */
  readonly agent: readonly (keyof AgentConfig)[];
}

/**
 * Compare two configurations by the names of their instances. Places, comments and order do not count. A sink without
 * `from` is kept when plugins come or go; one with `from` or `where` changed is changed.
 */
export function diffConfig(old: Config, next: Config): ConfigDiff {
  const agent = (Object.keys(next.agent) as (keyof AgentConfig)[]).filter(
    (key) => !isDeepStrictEqual(old.agent[key], next.agent[key]),
  );
  return {
    plugins: diffInstances(old.plugins, next.plugins, pluginIdentity),
    processors: diffInstances(old.processors, next.processors, processorIdentity),
    sinks: diffInstances(old.sinks, next.sinks, sinkIdentity),
    agent,
  };
}

function diffInstances<T extends { readonly name: string }>(
  old: readonly T[],
  next: readonly T[],
  identity: (instance: T) => unknown,
): InstanceDiff<T> {
  const before = new Map(old.map((one) => [one.name, identity(one)]));
  const after = new Set(next.map((one) => one.name));
  const isKept = (one: T): boolean => isDeepStrictEqual(before.get(one.name), identity(one));
  const both = next.filter((one) => before.has(one.name));
  return {
    added: next.filter((one) => !before.has(one.name)),
    removed: old.filter((one) => !after.has(one.name)),
    changed: both.filter((one) => !isKept(one)),
    kept: both.filter(isKept),
  };
}

function pluginIdentity({ plugin, options, allow, everyMs, program, attach }: PluginInstance): unknown {
  const attached = attach.map(({ location: _, ...entry }) => entry);
  return { package: packageIdentity(plugin), options, allow, everyMs, program: program?.text, attached };
}

function processorIdentity({ processor, options, from }: ProcessorInstance): unknown {
  return { package: packageIdentity(processor), options, from };
}

function sinkIdentity({ sink, options, from, getsEverything, where }: SinkInstance): unknown {
  const sources = getsEverything ? true : [...from].sort();
  return { package: packageIdentity(sink), options, sources, where: where?.text };
}

function packageIdentity({ package: name, folder, version }: PackageInfo): unknown {
  return { name, folder, version };
}
