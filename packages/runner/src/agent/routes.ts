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
import type { Pipeline } from './pipeline.js';

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
export function routesFor(plugin: PluginInstance, sinks: readonly OpenSink[], pipeline: Pipeline): Route[] {
  // In front of everything, so that no processor gathers rows that nobody asked for.
  const own = oncePerBatch(rowFilter(optionFilters(plugin.plugin.definition, plugin.options)));
  return sinks.flatMap(({ instance, sink }) => {
    const where = rowFilter(instance.where ? [instance.where.text] : []);
    const first = sink.unfiltered ? (batch: Batch) => batch : own;
    const write = (batch: Batch) => sink.write(batch);
    return instance.from
      .flatMap((name) => pipeline.endsOf(name))
      .map((stage): Route => {
        if (!stage) return { sink: instance.name, process: (batch) => [where(first(batch))], write };
        const process = (batch: Batch) => stage.process(first(batch)).map(where);
        return { sink: instance.name, via: stage.path, process, holder: stage, after: where, write };
      });
  });
}

/** Routes share what one of them has worked out. */
function oncePerBatch(filter: (batch: Batch) => Batch): (batch: Batch) => Batch {
  let last: { readonly input: Batch; readonly output: Batch } | undefined;
  return (input) => {
    if (last?.input !== input) last = { input, output: filter(input) };
    return last.output;
  };
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
