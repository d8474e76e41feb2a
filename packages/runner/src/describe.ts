import { type Condition, isArgument, type OptionValues, PLUGIN_TAG, type Schema } from '@skep/core';
import { type ProgramInfo, pluginSchemas, readPluginObject } from '@skep/libbpf';
import { completeOptions } from './agent/open.js';
import { conditionText } from './conditions.js';
import type { LoadedPlugin } from './discovery/index.js';

export interface ColumnFacts {
  readonly name: string;
  readonly type: string;
  /** Typedef without its `skep_` and `_t`; '' for a plain value; labels of an enum. */
  readonly meaning: string;
  readonly doc: string;
}

export interface StreamFacts {
  readonly name: string;
  readonly shape: Schema['shape'];
  readonly doc: string;
  readonly columns: readonly ColumnFacts[];
}

export interface OptionFacts {
  readonly name: string;
  /** '' of an option that stands on the command line without one. */
  readonly flags: string;
  readonly kind: string;
  readonly default: string;
  readonly help: string;
}

export interface AttachFacts {
  readonly programs: readonly ProgramInfo[];
  readonly when: string;
  readonly note: string;
}

/** Everything a plugin says of itself; what `info`, the docs page and the README's tables are made from. */
export interface PluginFacts {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly category: string;
  readonly description: string;
  readonly api: number;
  readonly streams: readonly StreamFacts[];
  readonly options: readonly OptionFacts[];
  readonly attach: readonly AttachFacts[];
}

/** Read from the package and its object; no kernel, no privilege. */
export function describePlugin(plugin: LoadedPlugin): PluginFacts {
  const { definition, name } = plugin;
  const { info } = readPluginObject(definition);
  const values = completeOptions(definition, {});
  const streams = everyStream(plugin);
  return {
    name,
    package: plugin.package,
    version: plugin.version,
    category: plugin.category ?? '',
    description: plugin.description,
    api: definition[PLUGIN_TAG],
    streams: streams.map((schema) => streamFacts(schema, definition.streams[schema.stream]?.doc)),
    options: optionFacts(definition, values),
    attach: definition.attach.map((set) => {
      const { programs, when, note } = 'programs' in set ? set : { programs: set, when: undefined, note: undefined };
      return {
        programs: programs.map((program) => ({
          name: program,
          section: info.programs.find((one) => one.name === program.replace(/\?$/, ''))?.section ?? '',
        })),
        when: conditionText(when as Condition | undefined, definition.options ?? {}),
        note: note ?? '',
      };
    }),
  };
}

/** The streams of a plugin with the defaults of its options, those too that only other options bring. */
export function everyStream({ definition, name }: LoadedPlugin): Schema[] {
  const { info } = readPluginObject(definition);
  const owner = { plugin: name, source: name };
  const values = completeOptions(definition, {});
  return Object.entries(definition.streams).flatMap(([stream, { when: _, ...rest }]) =>
    pluginSchemas(owner, { ...definition, streams: { [stream]: rest } } as typeof definition, info, values),
  );
}

function streamFacts(schema: Schema, doc = ''): StreamFacts {
  const columns = schema.fields.map(({ name, type, meaning, doc: text, labels }) => ({
    name,
    type: type === 'bytes' ? 'text' : type,
    meaning: labels ? [...labels.values()].join(' ') : (meaning?.replace(/^skep_|_t$/g, '').replaceAll('_', ' ') ?? ''),
    doc: text,
  }));
  return { name: schema.stream, shape: schema.shape, doc, columns };
}

function optionFacts(plugin: LoadedPlugin['definition'], values: OptionValues): OptionFacts[] {
  return Object.entries(plugin.options ?? {}).map(([name, definition]) => ({
    name,
    flags: isArgument(plugin, name) ? '' : (definition.flags ?? `--${name.replaceAll('_', '-')}`),
    kind: definition.kind,
    default:
      definition.defaultText ??
      (values[name] === undefined ? '' : values[name] === false ? 'off' : String(values[name])),
    help: definition.help,
  }));
}
