import {
  isArgument,
  type OptionDefinition,
  type OptionDefinitions,
  type OptionValues,
  type Plugin,
  parseOption,
  SkepError,
} from '@skep/core';
import type { LoadedPlugin } from '@skep/runner/tool';
import { type Command, Option } from 'commander';
import { MAX_TIMER_MS } from './timer.js';
import { createCommand, parseArgs } from './usage.js';

/** How an option's value is written in help when its flags do not say it. */
const PLACEHOLDER: Readonly<Record<string, string>> = {
  integer: 'N',
  'ring-pages': 'N',
  'map-entries': 'N',
  user: 'USER',
  duration: 'TIME',
  'stop-after': 'SECONDS',
  every: 'SECONDS',
  outputs: 'N',
  size: 'SIZE',
  regex: 'REGEX',
  list: 'LIST',
  integers: 'LIST',
  choice: 'CHOICE',
};

export interface ToolFlag {
  readonly name: string;
  readonly definition: OptionDefinition;
  readonly attribute: string;
  /** How often the flag was given; of those that are counted. */
  readonly times?: () => number;
}

/** Give `command` the plugin's own flags, in BCC's spelling; options that are arguments have none. */
export function addToolFlags(command: Command, plugin: Pick<Plugin, 'options' | 'arguments'>): ToolFlag[] {
  const definitions = Object.entries(plugin.options ?? {}).filter(([name]) => !isArgument(plugin, name));
  return definitions.map(([name, definition]) => {
    const option = new Option(flagsOf(name, definition), helpOf(definition));
    if (['list', 'texts', 'integers'].includes(definition.kind)) {
      option.argParser((value: string, earlier: string[] | undefined) => [...(earlier ?? []), value]);
    }
    command.addOption(option);
    const flag = { name, definition, attribute: option.attributeName() };
    return definition.kind === 'level' ? { ...flag, times: timesOf(command, option) } : flag;
  });
}

function timesOf(command: Command, option: Option): () => number {
  let times = 0;
  command.on(`option:${option.name()}`, () => {
    times++;
  });
  return () => times;
}

/** Give `command` the options that stand without a flag; returns how many words they take at most. */
export function addToolArguments(command: Command, plugin: Pick<Plugin, 'options' | 'arguments'>): number {
  const list = plugin.arguments ?? [];
  for (const { option, required } of list) {
    const definition = plugin.options![option]!;
    const name = definition.kind === 'texts' ? `${option}...` : option;
    command.argument(required ? `<${name}>` : `[${name}]`, helpOf(definition));
  }
  return list.some(({ option }) => plugin.options![option]!.kind === 'texts') ? Number.POSITIVE_INFINITY : list.length;
}

/** The words of the command line for the options that stand without a flag, as flags that were given. */
export function argumentFlags(
  plugin: Pick<Plugin, 'options' | 'arguments'>,
  words: readonly string[],
): { readonly name: string; readonly definition: OptionDefinition; readonly raw: unknown }[] {
  return (plugin.arguments ?? []).flatMap(({ option: name }, i) => {
    const definition = plugin.options![name]!;
    if (words[i] === undefined) return [];
    return [{ name, definition, raw: definition.kind === 'texts' ? words.slice(i) : words[i] }];
  });
}

/**
 * Everything after the flag that takes a command belongs to that command, its own flags too: `--exec ls -l`.
 * `own` is what is left to parse, with the command's first word.
 */
export function splitCommand(
  flags: readonly ToolFlag[],
  args: readonly string[],
): { readonly own: readonly string[]; readonly take: (command: Command) => void } {
  const flag = flags.find(({ definition }) => definition.kind === 'command');
  const names = (flag?.definition.flags ?? `--${flag?.name}`).split(/[,\s]+/);
  const at = flag ? args.findIndex((arg) => arg.startsWith('-') && names.includes(arg)) : -1;
  if (!flag || at < 0) return { own: args, take: () => undefined };
  const words = args.slice(at + 1);
  return {
    own: args.slice(0, at + 2),
    take: (command) => command.setOptionValueWithSource(flag.attribute, words, 'cli'),
  };
}

/** `-p PID, --pid PID` -> commander's `-p, --pid <PID>`. */
function flagsOf(name: string, definition: OptionDefinition): string {
  const long = `--${name.replaceAll('_', '-')}`;
  const parts = (definition.flags ?? long).split(/,\s*/);
  const value = parts.map((part) => part.split(/\s+/).slice(1).join(' ')).find((text) => text !== '');
  const flags = parts.map((part) => part.split(/\s+/)[0]!).join(', ');
  if (definition.kind === 'boolean' || definition.kind === 'level') return flags;
  const text = (value ?? PLACEHOLDER[definition.kind] ?? name.toUpperCase()).replace(/[<>[\].]/g, '').trim();
  if (bareOf(definition) !== undefined) return `${flags} [${text}]`;
  // A command takes the rest of the line.
  return definition.kind === 'command' ? `${flags} <${text || 'COMMAND'}...>` : `${flags} <${text}>`;
}

/** What the flag stands for when no value follows it. */
function bareOf(definition: OptionDefinition): string | undefined {
  return definition.kind === 'binary' ? definition.bare : undefined;
}

function helpOf(definition: OptionDefinition): string {
  const shown =
    definition.kind === 'boolean' || definition.kind === 'level'
      ? undefined
      : (definition.defaultText ?? definition.default);
  const choices = 'choices' in definition && definition.choices ? ` (${definition.choices.join(', ')})` : '';
  return `${definition.help}${choices}${shown === undefined ? '' : ` (default: ${String(shown)})`}`;
}

/**
 * The options as given on the command line, checked, with defaults for the rest.
 *
 * @throws SkepError SKEP_USAGE naming the flag and what it takes.
 */
export function readToolFlags(
  tool: string,
  plugin: Plugin,
  flags: readonly ToolFlag[],
  command: Command,
  findUser: (name: string) => number | undefined,
): OptionValues {
  const values: Record<string, OptionValues[string]> = {};
  for (const [name, definition] of Object.entries(plugin.options ?? {})) {
    values[name] = definition.default as OptionValues[string];
  }
  const given = [
    ...flags.filter(({ attribute }) => command.getOptionValueSource(attribute) === 'cli').map(flagValue(command)),
    ...argumentFlags(plugin, command.args),
  ];
  for (const { name, definition, raw } of given) {
    try {
      values[name] = parseOption(tool, name, definition, raw, findUser) as OptionValues[string];
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new SkepError('SKEP_USAGE', error.message, `see: skep ${tool} --help`, { cause: error });
    }
  }
  checkConflicts(tool, plugin.options ?? {}, new Set(given.map(({ name }) => name)));
  return values;
}

/**
 * The options of a tool as its command line has them, for whoever does not run it. The interval and the number of outputs
 * are no options, and are left out.
 *
 * @throws SkepErrors as `readToolFlags`.
 */
export function readToolOptions(
  { name, definition, description }: LoadedPlugin,
  args: readonly string[],
  findUser: (name: string) => number | undefined,
): OptionValues {
  const command = createCommand(name, description).allowExcessArguments().helpOption(false);
  const flags = addToolFlags(command, definition);
  addToolArguments(command, definition);
  const { own, take } = splitCommand(flags, args);
  parseArgs(command, own);
  take(command);
  return readToolFlags(name, definition, flags, command, findUser);
}

/** What the tool's own option of this kind says. */
export function ownValue(plugin: Plugin, options: OptionValues, wanted: OptionDefinition['kind']): number | undefined {
  const found = Object.entries(plugin.options ?? {}).find(([, { kind }]) => kind === wanted);
  return found && (options[found[0]] as number | undefined);
}

/** A tool's own spelling of --duration, in milliseconds. @throws SkepError SKEP_USAGE when no timer is that long. */
export function stopAfter(tool: string, plugin: Plugin, options: OptionValues): number | undefined {
  const ms = ownValue(plugin, options, 'stop-after');
  if (ms === undefined || ms <= MAX_TIMER_MS) return ms;
  throw new SkepError('SKEP_USAGE', `the duration of ${tool}: expected at most 24d`);
}

function flagValue(command: Command) {
  return ({ name, definition, attribute, times }: ToolFlag) => {
    const written: unknown = times ? times() : command.getOptionValue(attribute);
    return { name, definition, raw: written === true ? (bareOf(definition) ?? written) : written };
  };
}

function checkConflicts(tool: string, definitions: OptionDefinitions, given: ReadonlySet<string>): void {
  for (const name of given) {
    const other = definitions[name]?.conflicts?.find((conflict) => given.has(conflict));
    if (other !== undefined) {
      throw new SkepError('SKEP_USAGE', `options "${name}" and "${other}" of ${tool} cannot be given together`);
    }
  }
}
