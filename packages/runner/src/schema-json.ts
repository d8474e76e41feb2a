import { endsTool, type OptionDefinition, type OptionDefinitions } from '@skep/core';
import { z } from 'zod';
import { frame, INSTANCE_NAME, pluginFrame, processorFrame, sinkFrame } from './config/frame.js';
import { groupOf } from './config/options.js';
import type { LoadedPackage, LoadedPlugin, LoadedProcessor, LoadedSink } from './discovery/load-package.js';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [key: string]: unknown };

const SUBSTITUTION: JsonSchema = { type: 'string', pattern: '\\$\\{' };
const SECRET: JsonSchema = {
  type: 'object',
  description: 'Read from a file or an environment variable, and never printed',
  properties: { file: { type: 'string' }, env: { type: 'string' } },
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
};

const FRAMES = { plugin: pluginFrame, sink: sinkFrame, processor: processorFrame };

/**
 * The JSON Schema of the YAML with these packages installed, for editors: save it and begin the YAML with
 * `# yaml-language-server: $schema=./skep.schema.json`. Packages not listed are allowed, with any options.
 */
export function configSchema(packages: readonly LoadedPackage[]): JsonSchema {
  const plugins = packages.filter((one) => one.kind === 'plugin');
  const sinks = packages.filter((one) => one.kind === 'sink');
  const processors = packages.filter((one) => one.kind === 'processor');
  const { properties, ...rest } = jsonOf(frame);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of skep',
    ...rest,
    properties: {
      ...(properties as JsonSchema),
      plugins: { ...instances('plugin', plugins, pluginEntry), minProperties: 1 },
      processors: { ...instances('processor', processors, processorEntry), type: ['object', 'null'] },
      sinks: { ...instances('sink', sinks, sinkEntry), type: ['object', 'null'] },
    },
    $defs: { substitution: SUBSTITUTION, secret: SECRET },
  };
}

/** A map of instances: each entry is checked by its `use`, or by its own name when it has none. */
function instances<T extends LoadedPackage>(
  kind: T['kind'],
  packages: readonly T[],
  entryOf: (one: T) => JsonSchema,
): JsonSchema {
  const byUse = packages.map((one) => ({
    if: { type: 'object', properties: { use: { enum: [one.name, one.package] } }, required: ['use'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: entryOf(one),
  }));
  const named = packages.map((one) => [
    one.name,
    {
      description: one.description,
      if: { type: 'object', not: { required: ['use'] } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: entryOf(one),
    },
  ]);
  const names = packages.map((one) => one.name);
  const common = jsonOf(FRAMES[kind]);
  const use = { ...((common.properties as JsonSchema).use as JsonSchema), examples: names };
  const entry = {
    anyOf: [
      { type: 'string', description: `Short for { use: ${kind} }`, examples: names },
      { type: 'null' },
      { ...common, properties: { ...(common.properties as JsonSchema), use } },
    ],
    ...(byUse.length > 0 ? { allOf: byUse } : {}),
  };
  return {
    type: 'object',
    propertyNames: { pattern: INSTANCE_NAME.source },
    properties: Object.fromEntries(named),
    additionalProperties: true,
    patternProperties: { '': entry },
  };
}

function pluginEntry(plugin: LoadedPlugin): JsonSchema {
  const taken = Object.entries(plugin.definition.options ?? {}).filter(([, definition]) => !endsTool(definition));
  const options = optionsSchema(Object.fromEntries(taken), false);
  return { properties: { options: { ...options, type: ['object', 'null'], additionalProperties: false } } };
}

function sinkEntry(sink: LoadedSink): JsonSchema {
  const { properties } = optionsSchema(sink.definition.options ?? {}, true);
  const own = Object.fromEntries(Object.keys(sinkFrame.shape).map((key) => [key, true]));
  return { properties: { ...own, ...(properties as JsonSchema) }, additionalProperties: false };
}

function processorEntry(processor: LoadedProcessor): JsonSchema {
  const { properties } = optionsSchema(processor.definition.options ?? {}, false);
  const own = Object.fromEntries(Object.keys(processorFrame.shape).map((key) => [key, true]));
  return { properties: { ...own, ...(properties as JsonSchema) }, additionalProperties: false };
}

function optionsSchema(definitions: OptionDefinitions, allowsSecrets: boolean): JsonSchema {
  const entries = Object.entries(definitions).map(([name, definition]) => {
    const group = groupOf(definition);
    const about = { description: definition.help, ...defaultOf(definition) };
    if (group) return [name, { ...about, ...optionsSchema(group, allowsSecrets) }];
    const form = valueSchema(definition);
    const others = [{ $ref: '#/$defs/substitution' }];
    if (allowsSecrets && definition.kind === 'string') others.push({ $ref: '#/$defs/secret' });
    return [name, { ...about, anyOf: [form, ...others] }];
  });
  return { type: 'object', properties: Object.fromEntries(entries), additionalProperties: false };
}

function defaultOf({ default: value }: OptionDefinition): JsonSchema {
  return value === undefined ? {} : { default: value };
}

/** What one option takes. A default is shown in the unit of the value: milliseconds, bytes. */
function valueSchema(definition: OptionDefinition): JsonSchema {
  const number = (min: number, max: number): JsonSchema => ({ type: 'integer', minimum: min, maximum: max });
  const listOf = (items: JsonSchema): JsonSchema => ({ anyOf: [items, { type: 'array', items, minItems: 1 }] });
  switch (definition.kind) {
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return number(definition.min, definition.max);
    case 'integers':
      return listOf(number(definition.min, definition.max));
    case 'level':
      return number(0, definition.max);
    case 'outputs':
      return number(1, Number.MAX_SAFE_INTEGER);
    case 'ring-pages':
    case 'map-entries':
      return number(1, 1 << 20);
    case 'duration':
    case 'stop-after':
    case 'every':
      return { type: ['string', 'number'], examples: ['5s', '100ms'] };
    case 'size':
      return { type: ['string', 'number'], examples: ['100MB', '64KiB'] };
    case 'user':
      return { type: ['string', 'integer'] };
    case 'choice':
      return { enum: definition.choices };
    case 'list':
      return listOf(definition.choices ? { enum: definition.choices } : { type: ['string', 'number'] });
    case 'command':
      return listOf({ type: 'string' });
    default:
      return { type: ['string', 'number'] };
  }
}

function jsonOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return json;
}
