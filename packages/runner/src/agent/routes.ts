import {
  type Batch,
  compileFilter,
  type Filter,
  type OptionValues,
  type Plugin,
  type Route,
  type Schema,
  type Sink,
  selectRows,
} from '@skep/core';
import type { PluginInstance, SinkInstance } from '../config/config.js';

/** A sink that is open, with the instance that made it. */
export interface OpenSink {
  readonly instance: SinkInstance;
  readonly sink: Sink;
}

/** Filters that a plugin's own options ask for (`-n REGEX`), on every stream that has the columns they name. */
export function optionFilters({ options: definitions }: Plugin, options: OptionValues): readonly string[] {
  return Object.entries(definitions ?? {}).flatMap(([name, definition]) => {
    const value = options[name];
    if (value === undefined || value === false || !definition.where) return [];
    return [(definition.where as (value: unknown) => string)(value)];
  });
}

/** The ways from one plugin to the sinks that want its rows. */
export function routesFor(plugin: PluginInstance, sinks: readonly OpenSink[]): Route[] {
  const own = optionFilters(plugin.plugin.definition, plugin.options);
  return sinks
    .filter(({ instance }) => instance.from.includes(plugin.name))
    .map(({ instance, sink }) => ({
      sink: instance.name,
      process: rowFilter([...own, ...(instance.where ? [instance.where.text] : [])]),
      write: (batch: Batch) => sink.write(batch),
    }));
}

/** Every expression must hold. Compiled once per schema: a stream without a field that an expression names has no rows. */
export function rowFilter(expressions: readonly string[]): (batch: Batch) => Batch {
  if (expressions.length === 0) return (batch) => batch;
  const compiled = new Map<Schema, readonly Filter[]>();
  return (batch) => {
    let filters = compiled.get(batch.schema);
    if (!filters) {
      filters = expressions.map((expression) => compileFilter(expression, batch.schema, { missing: 'false' }));
      compiled.set(batch.schema, filters);
    }
    return filters.reduce((kept, filter) => selectRows(kept, filter.matches(kept)), batch);
  };
}
