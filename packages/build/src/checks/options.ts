import { isArgument, type OptionDefinition, type OptionValue, parseOption } from '@skep/core';
import { encode } from '@skep/libbpf';
import type { Check, PluginUnderTest } from './plugin-under-test.js';
import { usedOptions } from './used-options.js';

/** Variables that every object has from `skep/filter.bpf.h`, whether its plugin offers the filter or not. */
const SHARED: ReadonlySet<string> = new Set(['opt_pid', 'opt_tid', 'opt_uid']);

/** Every option does something, and every variable for an option has one. */
export const optionVariableProblems: Check = (plugin) => {
  const { options, info } = plugin;
  const used = usedOptions(plugin);
  // What the options of a plugin with a probe of its own do is the probe's business.
  const idle = Object.entries(options).flatMap(([name, definition]) => {
    const missing = plugin.definition.probe ? undefined : missingTarget(plugin, name, definition, used);
    return missing === undefined ? [] : [`option "${name}" does nothing: ${missing}`];
  });
  const unknown = [...used].filter((name) => !Object.hasOwn(options, name)).map((name) => `no option "${name}"`);
  const orphans = [...info.variables.keys()]
    .filter((name) => name.startsWith('opt_') && !SHARED.has(name) && !Object.hasOwn(options, name.slice(4)))
    .map((name) => `variable ${name} has no option`);
  return [...idle, ...unknown, ...orphans];
};

/** What the option needs in the object and does not find; undefined when all is there. */
function missingTarget(
  { info }: PluginUnderTest,
  name: string,
  definition: OptionDefinition,
  used: ReadonlySet<string>,
): string | undefined {
  const variable = (needed: string) => (info.variables.has(needed) ? undefined : `the object has no ${needed}`);
  switch (definition.kind) {
    case 'pinned-map':
      if (!info.maps.includes(definition.map)) return `the object has no map ${definition.map}`;
      return variable(`${definition.map}_on`);
    case 'cgroup':
      return variable('skep_cgroup_id');
    case 'ring-pages':
      return info.rings.has(definition.ring) ? undefined : `the object has no ring ${definition.ring}`;
    case 'map-entries': {
      const { map } = definition;
      const isThere = info.maps.some((name) => name === map || name === `${map}_0`);
      return isThere ? undefined : `the object has no map ${map}`;
    }
    case 'binary': {
      const isNamed = info.programs.some(({ section }) => section.split('/')[1]?.startsWith(`${name}:`));
      return isNamed ? undefined : `no section attaches to ${name}:`;
    }
    case 'stop-after':
    case 'every':
    case 'outputs':
    case 'command':
      return undefined;
    default:
      if (!PLAIN.has(definition.kind) || definition.where || used.has(name)) return undefined;
      return variable(`opt_${name}`);
  }
}

/** Kinds without a meaning of their own: others are acted upon by whoever knows the kind. */
const PLAIN: ReadonlySet<string> = new Set([
  'boolean',
  'integer',
  'string',
  'choice',
  'list',
  'integers',
  'regex',
  'duration',
  'size',
  'user',
]);

/** Every option explains itself, its default is a value it takes itself, and conflicts name other options. */
export const optionProblems: Check = ({ options, tool }) =>
  Object.entries(options).flatMap(([name, definition]) => {
    const problems: string[] = [];
    if (!/^[a-z][a-z0-9_]*$/.test(name)) problems.push(`option "${name}" is not in snake_case`);
    if (definition.help.trim() === '') problems.push(`option "${name}" has no help`);
    for (const other of definition.conflicts ?? []) {
      if (other === name) problems.push(`option "${name}" conflicts with itself`);
      else if (!Object.hasOwn(options, other))
        problems.push(`option "${name}" conflicts with "${other}": no such option`);
    }
    if (definition.default !== undefined && !accepts(tool, name, definition)) {
      problems.push(`option "${name}" does not take its own default`);
    }
    return problems;
  });

function accepts(tool: string, name: string, definition: OptionDefinition): boolean {
  // A duration is milliseconds once parsed, and seconds when it is written as a number.
  if (['duration', 'stop-after', 'every'].includes(definition.kind)) return Number(definition.default) > 0;
  try {
    parseOption(tool, name, definition, definition.default);
    return true;
  } catch {
    return false;
  }
}

/** The default that help and docs show is the one in the program: nothing is written twice. */
export const defaultProblems: Check = ({ options, info }) =>
  Object.entries(options).flatMap(([name, definition]) => {
    const variable = info.variables.get(`opt_${name}`);
    if (!variable || definition.default === undefined) return [];
    const resolve = definition.resolve as ((value: OptionValue) => OptionValue) | undefined;
    const value = resolve ? resolve(definition.default) : definition.default;
    const bytes = encode(info.btf, variable.type, value as Parameters<typeof encode>[2]);
    if (!bytes) return [`the default of option "${name}" does not fit ${variable.name}`];
    const whole = new Uint8Array(variable.size);
    whole.set(bytes);
    return Buffer.compare(whole, variable.initial) === 0
      ? []
      : [`option "${name}" and ${variable.name} have different defaults`];
  });

/** What an option gives is what its variable takes: a number, a text, one of the choices. */
export const valueProblems: Check = ({ options, info }) =>
  Object.entries(options).flatMap(([name, definition]) => {
    const variable = info.variables.get(`opt_${name}`);
    if (!variable) return [];
    const refused = plainValues(definition).find((value) => encode(info.btf, variable.type, value) === undefined);
    if (refused === undefined) return [];
    const how = definition.kind === 'choice' ? '; "resolve" of the option makes numbers of its choices' : '';
    return [`option "${name}": ${JSON.stringify(refused)} does not fit ${variable.name}${how}`];
  });

/** Values that an option is sure to take, as the program gets them. */
function plainValues(definition: OptionDefinition): Parameters<typeof encode>[2][] {
  const resolve = definition.resolve as ((value: OptionValue) => Parameters<typeof encode>[2]) | undefined;
  if (definition.kind === 'choice') return definition.choices.map((choice) => (resolve ? resolve(choice) : choice));
  if (resolve) return [];
  switch (definition.kind) {
    case 'boolean':
      return [true];
    case 'integer':
      return [definition.min];
    case 'duration':
    case 'size':
    case 'level':
      return [1];
    case 'string':
      return ['x'];
    default:
      return [];
  }
}

/** No flag stands for two options. */
export const flagProblems: Check = ({ options, definition: plugin }) => {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, definition] of Object.entries(options)) {
    if (definition.kind === 'group' || isArgument(plugin, name)) continue;
    for (const flag of flagsOf(name, definition)) {
      if (!/^(-[A-Za-z0-9]|--[A-Za-z0-9][\w-]+)$/.test(flag)) problems.push(`option "${name}": ${flag} is not a flag`);
      const owner = owners.get(flag);
      if (owner !== undefined) problems.push(`options "${owner}" and "${name}" share ${flag}`);
      owners.set(flag, name);
    }
  }
  return problems;
};

/** `-p PID, --pid PID` -> `-p`, `--pid`. */
function flagsOf(name: string, { flags = `--${name.replaceAll('_', '-')}` }: OptionDefinition): string[] {
  return flags.split(/,\s*/).map((part) => part.split(/[\s=]/)[0]!);
}
