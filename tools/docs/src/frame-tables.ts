import { cell, code, table } from '@skep/build';
import { configSchema, type JsonSchema } from '@skep/runner';

interface Key {
  readonly name: string;
  readonly takes: string;
  readonly default: string;
  readonly meaning: string;
}

/** What the schema's own words leave open. Keys as `agent.name`, `plugins.use`; a test finds those that are no keys. */
const NOTES: Readonly<Record<string, Partial<Omit<Key, 'name'>>>> = {
  version: { takes: '`1`', default: 'required' },
  agent: { takes: 'mapping', meaning: 'Settings of the process' },
  plugins: { takes: 'mapping', default: 'required', meaning: 'What is traced, by name: at least one' },
  processors: { takes: 'mapping', default: 'none', meaning: 'What happens to rows on their way, by name' },
  sinks: {
    takes: 'mapping',
    default: '`screen`, a stdout sink that gets everything',
    meaning: 'Where rows go, by name',
  },
  'agent.name': { takes: 'text', meaning: 'Name of this agent' },
  'agent.metrics': { takes: 'text' },
  'agent.user': { takes: 'name or uid' },
  'plugins.use': { takes: 'text' },
  'plugins.integrity': { takes: 'text', default: 'not checked' },
  'plugins.allow': { takes: 'list' },
  'plugins.every': { takes: 'time, 1ms to 24d', default: "the plugin's own interval, else `5s`" },
  'plugins.options': { takes: 'mapping', meaning: 'Options of the plugin: see its page or `skep info`' },
  'plugins.program': { takes: 'text or `{ file: PATH }`' },
  'plugins.attach': { takes: 'list' },
  'processors.use': { takes: 'text' },
  'processors.integrity': { takes: 'text', default: 'not checked' },
  'processors.from': { takes: 'name or list of names' },
  'sinks.use': { takes: 'text' },
  'sinks.integrity': { takes: 'text', default: 'not checked' },
  'sinks.from': { takes: 'name or list of names' },
  'sinks.where': { takes: 'text', default: 'every row', meaning: 'Rows to keep: see [filters](filters.md)' },
};

/** Tables of the keys that are the same whatever is installed. */
export interface FrameTables {
  readonly top: string;
  readonly agent: string;
  readonly plugin: string;
  readonly processor: string;
  readonly sink: string;
}

/** @throws Error when a key has no meaning or no type, or a note is about a key that is none. */
export function frameTables(): FrameTables {
  const schema = configSchema([]);
  const left = new Set(Object.keys(NOTES));
  const tableOf = (at: JsonSchema, prefix: string): string => {
    const rows = Object.entries(at.properties as Record<string, JsonSchema>).map(([name, property]) => {
      left.delete(`${prefix}${name}`);
      return rowOf(name, property, NOTES[`${prefix}${name}`] ?? {});
    });
    return table(['Key', 'Takes', 'Default', 'Meaning'], rows);
  };
  const properties = schema.properties as Record<string, JsonSchema>;
  const tables = {
    top: tableOf(schema, ''),
    agent: tableOf(withProperties(properties.agent!), 'agent.'),
    plugin: tableOf(withProperties(entryOf(properties.plugins!)), 'plugins.'),
    processor: tableOf(withProperties(entryOf(properties.processors!)), 'processors.'),
    sink: tableOf(withProperties(entryOf(properties.sinks!)), 'sinks.'),
  };
  if (left.size > 0) throw new Error(`notes about keys that do not exist: ${[...left].join(', ')}`);
  return tables;
}

function entryOf(map: JsonSchema): JsonSchema {
  return (map.patternProperties as Record<string, JsonSchema>)['']!;
}

/** The branch of an `anyOf` that is a mapping. */
function withProperties(schema: JsonSchema): JsonSchema {
  return (schema.anyOf as JsonSchema[]).find((one) => one.properties !== undefined)!;
}

function rowOf(name: string, property: JsonSchema, note: Partial<Omit<Key, 'name'>>): string[] {
  const said = String(property.description ?? '');
  const [, meaning = '', initial = ''] = /^(.*?)(?:(?:^|; )[Dd]efault: (.*))?$/.exec(said) ?? [];
  const values = property.enum as readonly string[] | undefined;
  const key: Key = {
    name,
    takes: note.takes ?? (values ? values.map(code).join(', ') : ''),
    default: note.default ?? cell(initial),
    meaning: note.meaning ?? cell(meaning),
  };
  if (key.takes === '' || key.meaning === '') throw new Error(`key "${name}" lacks a type or a meaning: add a note`);
  return [code(key.name), key.takes, key.default, key.meaning];
}
