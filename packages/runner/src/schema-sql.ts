import { type OptionValues, SkepError } from '@skep/core';
import type { Config } from './config/config.js';
import { Flow } from './config/flow.js';
import { everyStream } from './describe.js';
import type { LoadedPlugin, LoadedSink } from './discovery/load-package.js';

/**
 * The statements that make the tables of a configuration: for each sink that has tables, those of the streams it gets.
 *
 * @param version of the server; undefined: the newest
 * @throws SkepError SKEP_USAGE when no sink of the file has tables, SKEP_PLUGIN for a stream that is known only once
 *   its program has been compiled.
 */
export async function configSql(config: Config, version: string | undefined): Promise<string> {
  const sinks = config.sinks.filter(({ sink }) => sink.definition.schemaSql);
  if (sinks.length === 0) {
    throw new SkepError('SKEP_USAGE', `${config.file}: no sink stores into tables`, 'add a sink such as clickhouse');
  }
  const flow = new Flow(config.folder);
  for (const plugin of config.plugins) await flow.addPlugin(plugin);
  for (const processor of config.processors) flow.addProcessor(processor);
  return sinks
    .map(({ name, sink, from, options }) => {
      const schemas = from.flatMap((source) => flow.of([source]) ?? unknown(source, name));
      return sink.definition.schemaSql!(schemas, options, version);
    })
    .join('\n');
}

/**
 * The statements that make the tables of these plugins, for a sink with the defaults of its options.
 *
 * @throws SkepError SKEP_USAGE when the sink has no tables.
 */
export function pluginsSql(plugins: readonly LoadedPlugin[], sink: LoadedSink, version: string | undefined): string {
  const { definition, name } = sink;
  if (!definition.schemaSql) throw new SkepError('SKEP_USAGE', `sink ${name} does not store into tables`);
  const options = Object.entries(definition.options ?? {}).map(([option, one]) => [option, one.default]);
  return definition.schemaSql(plugins.flatMap(everyStream), Object.fromEntries(options) as OptionValues, version);
}

function unknown(source: string, sink: string): never {
  throw new SkepError(
    'SKEP_PLUGIN',
    `sink ${sink}: the columns of ${source} are known only once it runs`,
    'the agent makes its table then',
  );
}
