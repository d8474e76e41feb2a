import { endsTool, isArgument, type OptionDefinition, type OptionDefinitions, type Plugin } from '@skep/core';
import { cell, code, table } from './markdown.js';

/** What an option takes, in words: `integer`, `table, json, csv or logfmt`, `time`. */
export function takes(definition: OptionDefinition): string {
  switch (definition.kind) {
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'integers': {
      const { min, max } = definition;
      const range =
        max < Number.MAX_SAFE_INTEGER && max < 0x7fffffff ? `, ${min} to ${max}` : min > 0 ? `, at least ${min}` : '';
      return `${definition.kind === 'integer' ? 'integer' : 'list of integers'}${range}`;
    }
    case 'choice':
      return alternatives(definition.choices);
    case 'list':
      return definition.choices ? `list of ${alternatives(definition.choices)}` : 'list of texts';
    case 'texts':
      return 'texts, one for each time it is given';
    case 'duration':
    case 'stop-after':
    case 'every':
      return 'time';
    case 'level':
      return `0 to ${definition.max}`;
    case 'outputs':
      return 'integer, at least 1';
    case 'user':
      return 'uid or user name';
    case 'ring-pages':
      return 'pages, a power of two';
    case 'map-entries':
      return 'number of entries';
    case 'pinned-map':
      return 'path of a pinned map';
    case 'cgroup':
      return 'path of a cgroup v2 directory';
    case 'binary':
      return 'path of a file';
    case 'regex':
      return 'regular expression';
    case 'string':
      return 'text';
    case 'group':
      return 'mapping';
    default:
      return definition.kind;
  }
}

function alternatives(choices: readonly string[]): string {
  const shown = choices.map((choice) => code(choice));
  return shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

/** The default as YAML takes it; '' when there is none. */
export function defaultOf(definition: OptionDefinition): string {
  if (definition.defaultText !== undefined) return definition.defaultText;
  if (definition.default === undefined) return '';
  if (['duration', 'stop-after', 'every'].includes(definition.kind))
    return code(timeText(definition.default as number));
  return code(String(definition.default));
}

/** 1000 -> `1s`. */
function timeText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function meaningOf({ help, conflicts }: OptionDefinition): string {
  const not = conflicts?.length ? `; not together with ${conflicts.map(code).join(', ')}` : '';
  return `${cell(help)}${not}`;
}

/** Flag, YAML key (none of what is for the command line only), type, default, meaning. */
export function toolOptions(plugin: Pick<Plugin, 'options' | 'arguments'>): string {
  const rows = Object.entries(plugin.options ?? {}).map(([name, definition]) => [
    isArgument(plugin, name) ? '' : code(definition.flags ?? `--${name.replaceAll('_', '-')}`),
    endsTool(definition) ? '' : code(name),
    takes(definition),
    defaultOf(definition),
    meaningOf(definition),
  ]);
  return rows.length === 0 ? 'None.' : table(['Flag', 'YAML', 'Takes', 'Default', 'Meaning'], rows);
}

/** Key, type, default, meaning; groups with their members as `group.member`. */
export function sinkOptions(definitions: OptionDefinitions, prefix = ''): string {
  return table(['Key', 'Takes', 'Default', 'Meaning'], rowsOf(definitions, prefix));
}

function rowsOf(definitions: OptionDefinitions, prefix: string): string[][] {
  return Object.entries(definitions).flatMap(([name, definition]) => {
    const row = [code(`${prefix}${name}`), takes(definition), defaultOf(definition), meaningOf(definition)];
    return definition.kind === 'group' ? [row, ...rowsOf(definition.options, `${prefix}${name}.`)] : [row];
  });
}
